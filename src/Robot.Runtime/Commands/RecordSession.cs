using System.Text.Json;
using System.Threading.Channels;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using Spectre.Console;

namespace RobotWorldModel.Runtime.Commands;

/// <param name="Episodes">After so many the session ends; null: when the person leaves.</param>
/// <param name="Seconds">Each ends after this long; null: by a key, or its script's end.</param>
internal sealed record RecordPlan(string Task, int? Episodes, double? Seconds, string Source, bool Yes)
{
    /// <summary>Episodes start and end without a key.</summary>
    public bool ByItself => Seconds is not null || Source == "scripted";
}

/// <summary>
/// Episodes one after the other: the next may start while the last is being saved. In a terminal a live view, and one key for each thing
/// to do; elsewhere one line for each episode that is committed.
/// </summary>
internal sealed class RecordSession(ServiceConnection service, RecordPlan plan, bool terminal) : IDisposable
{
    private const string Keys =
        "space start/end  s success  f failure  r again  d discard  Esc stop arm  q quit  arrows/PgUp/PgDn jog 5 mm  o/c gripper";

    private static readonly TimeSpan s_viewPeriod = TimeSpan.FromMilliseconds(100), s_wordOfEnd = TimeSpan.FromSeconds(5);

    private readonly Channel<(ConsoleKeyInfo Key, CancellationToken UntilEsc)> _keys
        = Channel.CreateUnbounded<(ConsoleKeyInfo, CancellationToken)>();

    private readonly List<(string Id, Task<EpisodeSummary> Committed)> _saving = [];
    private volatile string _note = "";
    private readonly HashSet<string> _lost = []; // streams whose device has gone in the running episode
    private (string Id, Task<RecordingEnd> Ended)? _running;
    private readonly List<string> _faults = []; // what went wrong in episodes, which are saved all the same
    private int _faultCode = ExitCode.Done; // of the first
    private Task? _keyPressed;
    private CancellationTokenSource _untilEsc = new(); // of what was asked for since the last Esc: nothing from before may begin after it
    private int _recorded;
    private volatile bool _quit;

    /// <summary>
    /// Ends after the plan's last episode, on q, or on Ctrl-C; what was recorded is saved in each case. The exit code is not 0 where a
    /// device was lost, or the disk full, in one of them.
    /// </summary>
    /// <exception cref="RobotException">Core refused to start an episode that no key had asked for, or the service went away.</exception>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        try
        {
            if (terminal)
                await ShowAsync(cancel);
            else
                await RecordAsync(_ => PrintCommitted(), cancel);
        }
        finally
        {
            await EndAsync(cancel.IsCancellationRequested);
        }
        if (service.Core.Closed.IsCompleted && !cancel.IsCancellationRequested)
            throw new RobotException(ExitCode.Device, "the service went away; what it recorded is safe, and the next start finishes it");
        return cancel.IsCancellationRequested ? ExitCode.Interrupted : _faultCode;
    }

    /// <summary>Keys that are still typed mean nothing any more.</summary>
    public void Dispose()
    {
        _quit = true;
        _untilEsc.Cancel(); // not disposed: the thread that reads keys may be looking at it
    }

    private Task ShowAsync(CancellationToken cancel)
    {
        _note = plan.ByItself ? "" : "space starts recording";
        new Thread(ReadKeys) { IsBackground = true, Name = "keys" }.Start();
        return AnsiConsole.Live(new Text("")).AutoClear(true).StartAsync(live => RecordAsync(
            status => live.UpdateTarget(TerminalView.Render(status, service.Info.Url, $"{_note}\n{Keys}")), cancel));
    }

    private void ReadKeys()
    {
        while (!_quit)
        {
            var key = Console.ReadKey(intercept: true);
            // It waits behind no other key. Esc right before another key looks like Alt with that key.
            if (key.Key == ConsoleKey.Escape || key.Modifiers.HasFlag(ConsoleModifiers.Alt))
                _ = StopArmAsync();
            else
                _keys.Writer.TryWrite((key, _untilEsc.Token));
        }
    }

    private async Task StopArmAsync()
    {
        _quit |= plan.ByItself;
        Interlocked.Exchange(ref _untilEsc, new()).Cancel();
        try
        {
            await service.Core.CallAsync(CoreMethods.Stop);
            _note = "the arm was stopped";
        }
        catch (RobotException e)
        {
            _note = e.Message;
        }
    }

    private async Task RecordAsync(Action<CoreStatus> show, CancellationToken cancel)
    {
        while (!_quit && !cancel.IsCancellationRequested && !service.Core.Closed.IsCompleted)
        {
            while (_keys.Reader.TryRead(out var pressed))
                await PressAsync(pressed.Key, pressed.UntilEsc, cancel);
            if (_running is { Ended.IsCompleted: true } ended)
                NoteEnd(ended.Id, await ended.Ended);
            if (_running is null && _recorded >= plan.Episodes)
                return;
            if (_running is null && plan.ByItself && !_quit)
                await StartAsync(_untilEsc.Token, cancel);
            if (service.Core.Status is { } status)
            {
                NoteLosses(status);
                show(status);
            }
            if (_keyPressed is not { IsCompleted: false })
                _keyPressed = _keys.Reader.WaitToReadAsync(cancel).AsTask();
            var viewed = Task.Delay(s_viewPeriod, cancel);
            await Task.WhenAny(_keyPressed, viewed, service.Core.Closed, _running?.Ended ?? viewed);
        }
    }

    private async Task PressAsync(ConsoleKeyInfo key, CancellationToken untilEsc, CancellationToken cancel)
    {
        if (untilEsc.IsCancellationRequested)
            return;
        try
        {
            switch (key.Key)
            {
                case ConsoleKey.Spacebar:
                    await (_running is null ? StartAsync(untilEsc, cancel) : StopAsync("unknown", cancel));
                    break;
                case ConsoleKey.S when _running is not null:
                    await StopAsync("success", cancel);
                    break;
                case ConsoleKey.F when _running is not null:
                    await StopAsync("failure", cancel);
                    break;
                case ConsoleKey.R:
                    if (_running is not null)
                        await DiscardAsync(cancel);
                    await StartAsync(untilEsc, cancel);
                    break;
                case ConsoleKey.D:
                    await DiscardAsync(cancel);
                    break;
                case ConsoleKey.Q:
                    _quit = true;
                    break;
                default:
                    if (JogStep(key.Key) is not { } step)
                        break;
                    if (!MayJog)
                        _note = "keys move this arm with --source jog only (it asks first)";
                    else
                        await service.Core.CallAsync(CoreMethods.Jog, new { step.axis, step.steps }, cancel);
                    break;
            }
        }
        catch (RobotException e)
        {
            _note = e.Message;
        }
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

    /// <summary>Keys may move the arm: it is simulated, or a person has been told that they do.</summary>
    private bool MayJog => plan.Source == "jog" || MotionWarning.IsSimulated(service.Core.Status);

    private async Task StartAsync(CancellationToken untilEsc, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(untilEsc, cancel);
        try
        {
            var started = await service.StartWhenReadyAsync(
                CoreMethods.RecordStart, new { task = plan.Task, source = plan.Source, seconds = plan.Seconds }, either.Token);
            string id = started.GetProperty("id").GetString()!;
            _running = (id, EndedAsync(id));
            _note = $"{id} records";
        }
        catch (Exception e) when (untilEsc.IsCancellationRequested && !cancel.IsCancellationRequested
            && e is OperationCanceledException or RobotException { Code: ExitCode.Interrupted })
        {
            _note = "the arm was stopped; nothing was begun";
        }
    }

    /// <summary>
    /// However it ends: by a key here, its script, its time, a stop elsewhere, a full disk. Returns what core says of it.
    /// </summary>
    private async Task<RecordingEnd> EndedAsync(string id)
    {
        try
        {
            return (await service.Core.CallAsync(CoreMethods.RecordEnded, new { id })).Deserialize<RecordingEnd>(ProtocolJson.Lenient)!;
        }
        catch (RobotException e)
        {
            return new(e.Message, Stopped: true);
        }
    }

    private async Task StopAsync(string outcome, CancellationToken cancel)
    {
        var (id, ended) = _running!.Value;
        await service.Core.CallAsync(CoreMethods.RecordStop, new { outcome }, cancel);
        NoteEnd(id, await ended);
    }

    /// <summary>A device that goes in mid-episode: its rows are missing until it is back, and the person should know.</summary>
    private void NoteLosses(CoreStatus status)
    {
        if (_running is not { } running || status.Recording?.Id != running.Id)
            return;
        _lost.ExceptWith(status.Streams.Where(s => s.Connected).Select(s => s.Name));
        foreach (var device in status.Streams.Where(s => !s.Connected && _lost.Add(s.Name)).GroupBy(s => s.Message))
            NoteFault(ExitCode.Device,
                $"{string.Join(" and ", device.Select(s => s.Name))} lost in {running.Id}, rows are missing until it is back: "
                + device.Key);
    }

    private void NoteFault(int code, string what)
    {
        _note = what;
        _faultCode = _faultCode == ExitCode.Done ? code : _faultCode;
        if (terminal)
            _faults.Add(what); // said again when the live view has gone
        else
            Console.Error.WriteLine($"robot: {what}");
    }

    private void NoteEnd(string id, RecordingEnd end)
    {
        _running = null;
        _lost.Clear();
        _quit |= end.Stopped && plan.ByItself;
        _recorded++;
        _saving.Add((id, Recordings.WaitAsync(service, id)));
        if (end.Code != ExitCode.Done)
            NoteFault(end.Code, $"{id}: {end.How}");
        else
            _note = plan.Episodes is { } all ? $"{id} {end.How} ({_recorded} of {all})" : $"{id} {end.How}";
    }

    private async Task DiscardAsync(CancellationToken cancel)
    {
        var discarded = await service.Core.CallAsync(CoreMethods.RecordDiscard, null, cancel);
        string id = discarded.GetProperty("id").GetString()!;
        if (_running?.Id == id)
            _running = null;
        else if (_saving.RemoveAll(s => s.Id == id) > 0)
            _recorded--;
        _note = $"{id} went to the trash";
    }

    private void PrintCommitted()
    {
        while (_saving.Count > 0 && _saving[0].Committed.IsCompletedSuccessfully)
        {
            Console.WriteLine(Recordings.Describe(_saving[0].Committed.Result));
            _saving.RemoveAt(0);
        }
    }

    /// <summary>Saves what still records, and says what became of each episode.</summary>
    /// <exception cref="RobotException">One could not be committed.</exception>
    private async Task EndAsync(bool interrupted)
    {
        string? cut = null;
        if (_running is { } running && !service.Core.Closed.IsCompleted)
        {
            cut = running.Id;
            try
            {
                await service.Core.CallAsync(
                    interrupted ? CoreMethods.Stop : CoreMethods.RecordStop, interrupted ? null : new { outcome = "unknown" });
            }
            catch (RobotException)
            {
                // It had ended by itself just then; word of that is on its way.
                if (await Task.WhenAny(running.Ended, Task.Delay(s_wordOfEnd)) != running.Ended)
                    throw;
                cut = null;
            }
            NoteEnd(running.Id, await running.Ended);
        }
        RobotException? failed = null;
        foreach (var (id, committed) in _saving)
        {
            try
            {
                Console.WriteLine(Recordings.Describe(await committed) + (interrupted && id == cut ? " (interrupted)" : ""));
            }
            catch (RobotException e)
            {
                failed ??= e;
            }
        }
        foreach (string fault in _faults)
            Console.Error.WriteLine($"robot: {fault}");
        if (failed is not null && !service.Core.Closed.IsCompleted)
            throw failed;
    }
}
