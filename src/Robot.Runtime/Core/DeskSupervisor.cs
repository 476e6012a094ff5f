using System.ComponentModel;
using RobotWorldModel.Runtime.Processes;

namespace RobotWorldModel.Runtime.Core;

/// <summary>Keeps the desk up: it may be slow and may die, and is started again. Core goes on whatever happens to it.</summary>
internal sealed class DeskSupervisor(string[] arguments, Action<string> say) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private volatile ChildProcess? _child;
    private Task _running = Task.CompletedTask;

    public void Start() => _running = RunAsync();

    public void Dispose()
    {
        _stop.Cancel();
        _child?.StopAsync(TimeSpan.FromSeconds(3)).Wait();
        _running.Wait();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var backoff = TimeSpan.FromMilliseconds(200);
        while (!_stop.IsCancellationRequested)
        {
            string end = await ServeAsync();
            if (_stop.IsCancellationRequested)
                return;
            say($"the dashboard {end}; it starts again, recording is not touched");
            try
            {
                await Task.Delay(backoff, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            backoff = TimeSpan.FromMilliseconds(Math.Min(30_000, backoff.TotalMilliseconds * 2));
        }
    }

    /// <returns>How it ended.</returns>
    private async Task<string> ServeAsync()
    {
        string last = "";
        try
        {
            using var child = ChildProcess.Start(arguments, line => last = line);
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
    }
}
