using System.ComponentModel;
using System.Diagnostics;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>Keeps the desk up: it may be slow and may die, and is started again. Core goes on whatever happens to it.</summary>
internal sealed class DeskSupervisor(string[] arguments, Action<string> say) : IDisposable
{
    /// <summary>The desk's line when the page can be opened.</summary>
    public const string Listens = "the dashboard listens";

    private readonly CancellationTokenSource _stop = new();
    private volatile DashboardStatus _status = new(false, "");
    private volatile ChildProcess? _child;
    private Task _running = Task.CompletedTask;

    public DashboardStatus Status => _status;

    /// <returns>Itself: it ends when it is disposed.</returns>
    public IDisposable Start()
    {
        _running = RunAsync();
        return this;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _child?.StopAsync(TimeSpan.FromSeconds(3)).Wait();
        _running.Wait();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var backoff = new Backoff();
        while (!_stop.IsCancellationRequested)
        {
            var ran = Stopwatch.StartNew();
            string end = await ServeAsync();
            if (_stop.IsCancellationRequested)
                return;
            if (_status.Message != end) // where its address is taken it ends again and again, and that is said once
                say($"the dashboard {end}; it starts again, recording is not touched");
            _status = new(false, end);
            try
            {
                await Task.Delay(backoff.After(ran.Elapsed), _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <returns>How it ended.</returns>
    private async Task<string> ServeAsync()
    {
        string last = "";
        try
        {
            using var child = ChildProcess.Start(arguments, Hear);
            _child = child;
            if (_stop.IsCancellationRequested) // while it was being started
                await child.StopAsync(TimeSpan.FromSeconds(3));
            int code = await child.WaitAsync();
            _child = null;
            return $"ended with code {code} ({last})";
        }
        catch (Win32Exception e)
        {
            return $"could not be started: {e.Message}";
        }

        void Hear(string line)
        {
            if (line == Listens)
                _status = new(true, "");
            else
                last = line.StartsWith("robot: ", StringComparison.Ordinal) ? line["robot: ".Length..] : line;
        }
    }
}

/// <summary>How long to wait before something is started again: ever longer, and short again after it had worked for a while.</summary>
internal sealed class Backoff
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(200), s_longest = TimeSpan.FromSeconds(30);
    private TimeSpan _next = s_shortest;

    public TimeSpan After(TimeSpan ran)
    {
        TimeSpan now = ran > s_longest ? s_shortest : _next;
        _next = now * 2 < s_longest ? now * 2 : s_longest;
        return now;
    }
}
