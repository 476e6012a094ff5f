using System.Threading.Channels;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using Spectre.Console;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>Recording with a person at the keys: a live view, and one key for each thing to do.</summary>
internal sealed class RecordKeys(ServiceConnection service, string task, string source, int episodes)
{
    private const string Keys =
        "space start/end  s success  f failure  r again  d discard  Esc stop arm  q quit  arrows/PgUp/PgDn jog 5 mm  o/c gripper";

    private readonly List<Task<EpisodeSummary>> _saving = [];
    private string _note = "space starts recording";
    private string? _running;
    private int _saved;

    public async Task<int> RunAsync(CancellationToken cancel)
    {
        var keys = Channel.CreateUnbounded<ConsoleKeyInfo>();
        new Thread(() => ReadKeys(keys.Writer, cancel)) { IsBackground = true, Name = "keys" }.Start();
        bool quit = false;
        await AnsiConsole.Live(new Text("")).StartAsync(async live =>
        {
            while (!quit && !cancel.IsCancellationRequested && !service.Core.Closed.IsCompleted && _saved < episodes)
            {
                while (!quit && keys.Reader.TryRead(out var key))
                    quit = await PressAsync(key, cancel);
                await NoticeEndAsync();
                if (service.Core.Status is { } status)
                    live.UpdateTarget(TerminalView.Render(status, service.Info.Url, $"{_note}\n{Keys}"));
                await Task.WhenAny(keys.Reader.WaitToReadAsync(CancellationToken.None).AsTask(), Task.Delay(100, CancellationToken.None));
            }
        });
        if (_running is not null)
            await EndAsync("unknown");
        foreach (var saving in _saving)
            Console.WriteLine(Recordings.Describe(await saving));
        return cancel.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Done;
    }

    private static void ReadKeys(ChannelWriter<ConsoleKeyInfo> to, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
            to.TryWrite(Console.ReadKey(intercept: true));
    }

    /// <returns>True: the person wants to leave.</returns>
    private async Task<bool> PressAsync(ConsoleKeyInfo key, CancellationToken cancel)
    {
        try
        {
            switch (key.Key)
            {
                case ConsoleKey.Spacebar:
                    await (_running is null ? StartAsync(cancel) : EndAsync("unknown"));
                    break;
                case ConsoleKey.S when _running is not null:
                    await EndAsync("success");
                    break;
                case ConsoleKey.F when _running is not null:
                    await EndAsync("failure");
                    break;
                case ConsoleKey.R:
                    if (_running is not null)
                        await DiscardAsync(cancel);
                    await StartAsync(cancel);
                    break;
                case ConsoleKey.D:
                    await DiscardAsync(cancel);
                    break;
                case ConsoleKey.Escape:
                    await service.Core.CallAsync(CoreMethods.Stop, null, cancel);
                    _note = "the arm was stopped";
                    break;
                case ConsoleKey.Q:
                    return true;
                default:
                    if (JogStep(key.Key) is { } step)
                        await service.Core.CallAsync(CoreMethods.Jog, new { step.axis, step.steps }, cancel);
                    break;
            }
        }
        catch (RobotException e)
        {
            _note = e.Message;
        }
        return false;
    }

    private static (string axis, int steps)? JogStep(ConsoleKey key) => key switch
    {
        ConsoleKey.UpArrow => ("x", 1),
        ConsoleKey.DownArrow => ("x", -1),
        ConsoleKey.LeftArrow => ("y", 1),
        ConsoleKey.RightArrow => ("y", -1),
        ConsoleKey.PageUp => ("z", 1),
        ConsoleKey.PageDown => ("z", -1),
        ConsoleKey.O => ("gripper", -1),
        ConsoleKey.C => ("gripper", 1),
        _ => null,
    };

    private async Task StartAsync(CancellationToken cancel)
    {
        var started = await service.Core.CallAsync(CoreMethods.RecordStart, new { task, source }, cancel);
        _running = started.GetProperty("id").GetString();
        _note = $"{_running} records";
    }

    private async Task EndAsync(string outcome)
    {
        string id = _running!;
        await service.Core.CallAsync(CoreMethods.RecordStop, new { outcome });
        Ended(id, outcome);
    }

    private void Ended(string id, string outcome)
    {
        _running = null;
        _saved++;
        _saving.Add(Recordings.WaitAsync(service, id));
        _note = $"{id} ended as {outcome} ({_saved} of {episodes})";
    }

    private async Task DiscardAsync(CancellationToken cancel)
    {
        bool wasRunning = _running is not null;
        var discarded = await service.Core.CallAsync(CoreMethods.RecordDiscard, null, cancel);
        _running = null;
        if (!wasRunning && _saved > 0)
        {
            _saved--;
            _saving.RemoveAt(_saving.Count - 1);
        }
        _note = $"{discarded.GetProperty("id").GetString()} went to the trash";
    }

    /// <summary>The recording may end without a key: a full disk, the stop button on the page, a safety stop.</summary>
    private Task NoticeEndAsync()
    {
        if (_running is { } id && service.Core.Status is { Mode: not "recording" } status && status.Recording is null
            && status.Encoding.Any(e => e.Id == id))
        {
            Ended(id, "unknown");
            _note = status.Message;
        }
        return Task.CompletedTask;
    }
}
