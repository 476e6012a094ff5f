using System.Text.Json;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>
/// What a person has the arm's controller do besides motion: the pendant's buttons, and settings. One at a time; a stop, or the loss of
/// who asked, ends it.
/// </summary>
internal sealed class ArmOrders(CellDevices devices)
{
    private sealed record Order(object Connection, CancellationTokenSource Cancel)
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private Order? _order; // under way
    private volatile bool _played; // a program of the controller's, from here, and it was not seen to end since

    /// <summary>Null where the method is none of these.</summary>
    /// <exception cref="RobotException">It is not known, or is refused.</exception>
    public Task<object?>? TryHandle(string method, JsonElement parameters, object connection, CancellationToken cancel) => method switch
    {
        CoreMethods.ArmOrder => ObeyAsync(parameters.Text("order"), parameters.Text("text", ""), connection, cancel),
        CoreMethods.ArmSet => SetAsync(parameters, connection, cancel),
        CoreMethods.ArmPendant => Task.Run<object?>(() => Motion.LookAtPendant(), cancel),
        _ => null,
    };

    /// <summary>Who gave an order is gone: nothing is unlocked or powered for nobody.</summary>
    public void Closed(object connection)
    {
        if (Volatile.Read(ref _order) is { } order && order.Connection == connection)
            order.Cancel.Cancel();
    }

    /// <summary>The order under way is ended: what was to be powered, unlocked or played is not.</summary>
    public void Stop() => Volatile.Read(ref _order)?.Cancel.Cancel();

    /// <summary>When the order under way has ended.</summary>
    public Task EndedAsync() => Volatile.Read(ref _order)?.Ended.Task ?? Task.CompletedTask;

    /// <summary>A person has stopped the arm: a program that was played from here is stopped, too.</summary>
    /// <exception cref="RobotException">The controller did not stop it.</exception>
    public async Task StopProgramAsync()
    {
        if (!_played || devices.Motion is not { } motion)
            return;
        if (!motion.AnotherProgramRuns)
        {
            _played = Volatile.Read(ref _order) is not null; // one that is only starting stops itself
            return;
        }
        if (await Task.Run(() => motion.Obey(ArmOrder.StopProgram, CancellationToken.None)) is { } refusal)
            throw new RobotException(ExitCode.Device, $"{refusal}; stop its program at the pendant");
        _played = false;
    }

    private ArmMotion Motion => devices.Motion ?? throw new RobotException(ExitCode.Device, "this cell has no arm");

    private async Task<object?> ObeyAsync(string order, string text, object connection, CancellationToken cancel)
    {
        var wanted = order switch
        {
            "power_on" => ArmOrder.PowerOn,
            "power_off" => ArmOrder.PowerOff,
            "unlock" => ArmOrder.UnlockProtectiveStop,
            "restart_safety" => ArmOrder.RestartSafety,
            "load" => ArmOrder.LoadProgram,
            "play" => ArmOrder.PlayProgram,
            "pause" => ArmOrder.PauseProgram,
            "stop" => ArmOrder.StopProgram,
            "popup" => ArmOrder.ShowPopup,
            "close_popup" => ArmOrder.ClosePopup,
            _ => throw new RobotException(ExitCode.Usage, $"'{order}' is no order to the arm; use power_on, power_off, unlock, "
                + "restart_safety, load, play, pause, stop, popup or close_popup"),
        };
        var motion = Motion;
        bool first = wanted is ArmOrder.PowerOff or ArmOrder.StopProgram;
        await WhileWantedAsync(connection, first, token => Obey(motion, wanted, text, token), cancel);
        return new { };
    }

    private string? Obey(ArmMotion motion, ArmOrder order, string text, CancellationToken cancel)
    {
        if (order == ArmOrder.PlayProgram)
            _played = true; // from before it moves, and whatever the answer: a stop must find it
        string? refusal = motion.Obey(order, cancel, text);
        if (order is ArmOrder.StopProgram or ArmOrder.PowerOff && refusal is null)
            _played = false;
        return refusal;
    }

    private async Task<object?> SetAsync(JsonElement parameters, object connection, CancellationToken cancel)
    {
        string kind = parameters.Text("kind");
        double value = parameters.Number("value", double.NaN);
        var motion = Motion;
        if (kind == "speed" && !(value is >= 0 and <= 1))
            throw new RobotException(ExitCode.Usage, $"a speed of {value} is out of range; 0 to 1 is allowed");
        ArmSetting? setting = kind is "speed" or "config_tool"
            ? null
            : Setting(kind, (int)parameters.Number("output", 0), parameters.IsTrue("level"), value);
        await WhileWantedAsync(connection, first: false, token => kind switch
        {
            "speed" => motion.SetSpeed(value, token),
            "config_tool" => motion.SetTool(token),
            _ => motion.Set(setting!.Value, token),
        }, cancel);
        return new { };
    }

    private static ArmSetting Setting(string kind, int output, bool level, double value)
    {
        try
        {
            ArmSetting setting = kind switch
            {
                "zero" => new(ArmSettingKind.ZeroForceSensor),
                "standard" => new(ArmSettingKind.StandardOutput, output, level),
                "configurable" => new(ArmSettingKind.ConfigurableOutput, output, level),
                "tool" => new(ArmSettingKind.ToolOutput, output, level),
                "analog" => ArmSetting.Analog(output, value, volts: level),
                "tool_voltage" => new(ArmSettingKind.ToolVoltage, value is 0 or 12 or 24 ? (int)value : -1),
                _ => throw new RobotException(ExitCode.Usage, $"'{kind}' is not known; use zero, standard, configurable, tool, analog, "
                    + "tool_voltage, speed or config_tool"),
            };
            setting.Validate();
            return setting;
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new RobotException(ExitCode.Usage, kind switch
            {
                "analog" when output is 0 or 1 => "an analog output gives 0 to 10 V, or 4 to 20 mA",
                "tool_voltage" => "the tool's voltage is 0, 12 or 24 V",
                _ => $"there is no {kind} output {output}; standard and configurable have 0 to 7, tool and analog 0 and 1",
            });
        }
    }

    /// <param name="first">It goes first, whatever is under way.</param>
    /// <exception cref="RobotException">It is refused, or another is under way.</exception>
    private async Task WhileWantedAsync(object connection, bool first, Func<CancellationToken, string?> obey, CancellationToken cancel)
    {
        var order = new Order(connection, CancellationTokenSource.CreateLinkedTokenSource(cancel));
        if (first)
            Stop();
        else if (Interlocked.CompareExchange(ref _order, order, null) is not null)
            throw new RobotException(ExitCode.Busy, "another order to the arm is under way; wait for its end, or ./robot stop");
        try
        {
            if (await Task.Run(() => obey(order.Cancel.Token), CancellationToken.None) is { } refusal)
                throw new RobotException(ExitCode.Device, refusal);
        }
        finally
        {
            Interlocked.CompareExchange(ref _order, null, order); // not disposed: a stop may be cancelling it just now
            order.Ended.SetResult();
        }
    }
}
