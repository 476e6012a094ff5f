using System.Text.Json;
using System.Text.Json.Serialization;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Protocol;

/// <summary>
/// What core says of itself ten times a second, to the terminal view, the desk and whoever else listens. JSON in snake_case.
/// </summary>
/// <param name="Cell">The config's name for this cell.</param>
/// <param name="Mode">idle, recording, replaying, controlling, fault.</param>
/// <param name="Message">One line for a person: what is going on or what to do.</param>
/// <param name="TimeNs">Host monotonic time of this report.</param>
/// <param name="Data">The data root, absolute.</param>
/// <param name="AllocatedBytes">Managed bytes that core has allocated since it started.</param>
/// <param name="Dashboard">Null where nobody keeps one up.</param>
/// <param name="Teleop">Null in a cell without.</param>
/// <param name="Mpc">Null before the first run.</param>
/// <param name="Stops">How often somebody has stopped the arm. A request with this number as <c>stops</c> is refused (130) where it has
/// grown since: what is made of several motions ends with a stop between two of them, too.</param>
public sealed record CoreStatus(
    string Cell,
    string Mode,
    string Message,
    long TimeNs,
    double UptimeS,
    string Data,
    bool Simulated,
    IReadOnlyList<StreamStatus> Streams,
    TickStatus Tick,
    RobotStatus? Robot,
    double[]? Wrench,
    GripperStatus? Gripper,
    MotionStatus Motion,
    RecordingStatus? Recording,
    IReadOnlyList<EncodingStatus> Encoding,
    ReplayStatus? Replay,
    DiskStatus Disk,
    long? AllocatedBytes = null,
    DashboardStatus? Dashboard = null,
    ForceStatus? Force = null,
    TeleopStatus? Teleop = null,
    MpcStatus? Mpc = null,
    int Stops = 0);

/// <param name="Name">robot, force, gripper, wrist_rgb, wrist_depth …</param>
/// <param name="MeasuredHz">Over the last second or so.</param>
/// <param name="AgeMs">Now minus the newest sample's originating time; null before the first.</param>
/// <param name="Fresh">Younger than 1.5 periods plus its latency.</param>
/// <param name="Message">The device's own line.</param>
/// <param name="DelayMs">How old the newest sample was when it arrived; null before the first.</param>
/// <param name="Clock">How the device's clock is mapped to the host's; null where it has none.</param>
/// <param name="Usb">Of a camera, as it says how it is connected: 3.2, 2.1 …; null where it does not.</param>
/// <param name="Metadata">Of a camera: its own stamps arrive; null where its driver does not distinguish.</param>
public sealed record StreamStatus(
    string Name, double RateHz, double MeasuredHz, double? AgeMs, bool Fresh, long Received, long Lost, long Overrun, bool Connected,
    string Message, double? DelayMs = null, ClockMapReport? Clock = null, string? Usb = null, bool? Metadata = null);

public sealed record TickStatus(double RateHz, long Slot, long Missed, double LatenessP50Us, double LatenessP99Us, double LatenessMaxUs);

/// <param name="Q">rad.</param>
/// <param name="Tcp">p[m, rotation vector rad], base frame.</param>
/// <param name="Safety">normal, reduced, protective_stop …</param>
/// <param name="SpeedScaling">0..1; not a number (null) where the controller does not tell.</param>
/// <param name="DigitalInputs">Bits 0-7 standard, 8-15 configurable, 16-17 tool.</param>
/// <param name="DigitalOutputs">As the inputs.</param>
/// <param name="Tool">What the controller is set to.</param>
/// <param name="Analog">Analog signals that the controller sends.</param>
/// <param name="ToolVoltage">What the tool's connector gives, V; null where the controller does not send it.</param>
/// <param name="SpeedSlider">0..1; not a number (null) where the controller does not tell.</param>
/// <param name="Identified">The controller has said who it is: a serial number that is empty now it does not tell.</param>
public sealed record RobotStatus(
    string Model, string Serial, string Mode, string Safety, string Runtime, double[] Q, double[] Qd, double[] Tcp, double SpeedScaling,
    ulong DigitalInputs = 0, ulong DigitalOutputs = 0, ToolStatus? Tool = null, IReadOnlyList<AnalogStatus>? Analog = null,
    int? ToolVoltage = null, double SpeedSlider = double.NaN, bool Identified = false);

/// <summary>What the controller has been told of the tool. Null where it does not send it.</summary>
/// <param name="Tcp">Flange to TCP: m, rotation vector rad.</param>
/// <param name="PayloadCog">Centre of mass, flange frame, m.</param>
/// <param name="Difference">Where it differs from the config, which refuses motion; null where it does not.</param>
public sealed record ToolStatus(double[]? Tcp, double? PayloadKg, double[]? PayloadCog, string? Difference);

/// <param name="Name">input:0, output:1, tool_input:0 …</param>
/// <param name="Unit">V or mA, by the signal's domain.</param>
public sealed record AnalogStatus(string Name, double Value, string Unit);

/// <param name="Position">0 open … 1 closed.</param>
/// <param name="Active">It obeys at once.</param>
/// <param name="Count">What its own position reads; -1 where it does not tell.</param>
public sealed record GripperStatus(
    double Position, double WidthM, bool Object, bool Moving, int Fault, bool Active = false, int Count = -1);

/// <summary>What touches the tool: fx, fy, fz in N and tx, ty, tz in N·m. <see cref="CoreStatus.Wrench"/> is what the sensor reads.
/// </summary>
/// <param name="Sensor">Model and serial number.</param>
/// <param name="External">At the sensor, in its frame.</param>
/// <param name="Tool">At the TCP, in the tool's axes; null where it is not known how the sensor sits on the flange, or where the arm is.
/// </param>
/// <param name="Base">At the TCP, in the base's axes, as a UR's actual_TCP_force; null as before.</param>
/// <param name="Calibrated">Bias and the tool's weight are taken away; else they are in all three, unless the controller does it.</param>
/// <param name="Tare">What counts as nothing, sensor frame; null where nothing was tared.</param>
public sealed record ForceStatus(
    string Sensor, double[] External, double[]? Tool, double[]? Base, bool Calibrated, double[]? Tare);

/// <summary>The force sensor's mean with the arm at rest, as it was read: N, N·m, sensor frame.</summary>
/// <param name="Deviation">Standard deviation of a single value.</param>
/// <param name="Flange">In the base frame, p[m, rotation vector rad]; null in a cell without an arm.</param>
public sealed record WrenchMeasurement(double[] Mean, double[] Deviation, int Samples, double[]? Flange)
{
    internal Wrench ToWrench() => new(Mean[0], Mean[1], Mean[2], Mean[3], Mean[4], Mean[5]);

    internal static double[] Six(in Wrench w) => [w.Fx, w.Fy, w.Fz, w.Tx, w.Ty, w.Tz];
}

/// <param name="State">off, holding, moving, stopping, freedrive, fault.</param>
/// <param name="Owner">Who holds the lease; null where nobody does.</param>
/// <param name="Reason">Why it cannot move, or why it stopped; empty where all is well.</param>
/// <param name="Arm">disconnected, connecting, powered_off, idle, ready, moving, protective_stop, emergency_stop, fault; none without an
/// arm.</param>
/// <param name="DelayMs">From a set-point to the arm's being there; null before the arm has moved.</param>
/// <param name="RoundTripMs">From a set-point to the first state that shows that the controller has it; null before the first.</param>
/// <param name="Next">What a person does to make the arm ready; empty where it is.</param>
public sealed record MotionStatus(
    bool Enabled, string State, string? Owner, string Reason, bool NeedsAcknowledge, string Arm = "none", double? DelayMs = null,
    double? RoundTripMs = null, string Next = "");

/// <param name="Id">demo_007</param>
/// <param name="Frames">Slots since t0.</param>
/// <param name="Dropped">Samples that a queue had no room for; 0 in a healthy recording.</param>
public sealed record RecordingStatus(
    string Id, string Task, string Source, double Seconds, long Frames, long Dropped, long Stale, long Bytes);

/// <param name="Progress">0..1.</param>
public sealed record EncodingStatus(string Id, double Progress, string Message);

/// <param name="State">easing, playing, done, stopped.</param>
/// <param name="Code">The exit code that a command should end with: not 0 where it was stopped.</param>
public sealed record ReplayStatus(
    string Episode, string State, double Progress, double RmsRad, double MaxRad, string Message, int Code = ExitCode.Done);

/// <summary>Control by planning in a learned model: the run, or the last one.</summary>
/// <param name="State">easing (to a start), controlling, done, stopped.</param>
/// <param name="Goals">That were asked for; those that are done have an outcome.</param>
/// <param name="DistanceM">Of the TCP to the goal.</param>
/// <param name="Ticks">That were controlled.</param>
/// <param name="PlanP50Ms">Of the last plans; null before the first.</param>
/// <param name="Late">Ticks whose plan was not there in time: an earlier one's action for that time was sent.</param>
/// <param name="Held">Ticks in which no plan had an action: the arm was told to stand still.</param>
/// <param name="Clamped">Commands that the safety filter shortened.</param>
/// <param name="Stale">Ticks that saw nothing fresh.</param>
/// <param name="ExpectedReturn">Of the newest plan, over its horizon, as it was imagined.</param>
/// <param name="ReceivedReturn">Sum of rewards since the goal was given.</param>
/// <param name="OneStepError">How far what was seen is off what the model expected a step before.</param>
/// <param name="OneStepLimit">Above it for five ticks the arm holds; null where the model has no validation.</param>
/// <param name="Episodes">That it is recorded as, so far: demo_007 …</param>
/// <param name="Code">The exit code that a command should end with: not 0 where it was stopped.</param>
public sealed record MpcStatus(
    string Model, string Task, string State, int Goals, IReadOnlyList<MpcOutcome> Outcomes, double DistanceM, long Ticks,
    double? PlanP50Ms, double? PlanP99Ms, double? PlanMaxMs, long Late, long Held, long Clamped, long Stale, double? ExpectedReturn,
    double ReceivedReturn, double? OneStepError, double? OneStepLimit, string Message, IReadOnlyList<string> Episodes,
    int Code = ExitCode.Done)
{
    /// <summary>Pictures that the model sees and that were not there in time; null where it sees none.</summary>
    public long? PicturesMissing { get; init; }

    /// <summary>Those that the model sees, by name: wrist_rgb, scene_depth …</summary>
    public IReadOnlyList<string> Pictures { get; init; } = [];
}

/// <param name="ErrorM">Of the TCP at the end, m, by the arm's own joints.</param>
/// <param name="WorstM">In the last half second.</param>
/// <param name="Reached">Near and slow for 0.2 s at some time.</param>
/// <param name="EndNs">The tick at which its time was over, host time.</param>
public sealed record MpcOutcome(double ErrorM, double WorstM, bool Reached, double Return, long EndNs);

/// <summary>What a person leads the arm with.</summary>
/// <param name="Driver">gamepad, spacemouse, leader.</param>
/// <param name="Message">The device's own line.</param>
/// <param name="State">off: nobody has begun it. away, released, held (and to be let go), waiting, moving, stopping.</param>
/// <param name="Say">For the person who leads: what to do; empty where all is well.</param>
/// <param name="Gripper">What was asked of it since the switch was pressed, 0 open … 1 closed; null: nothing.</param>
/// <param name="ReactionMs">From the newest release of the switch, by its device's stamp, to the order to halt.</param>
public sealed record TeleopStatus(
    string Driver, bool Connected, string Message, string State, string Say, bool Slow, double? Gripper, double? ReactionMs);

/// <param name="Up">It can be opened.</param>
/// <param name="Message">Why it cannot; empty where it can, or is only starting.</param>
public sealed record DashboardStatus(bool Up, string Message);

/// <param name="SecondsLeft">Of recording at the present rate.</param>
public sealed record DiskStatus(long FreeBytes, double SecondsLeft);

/// <summary>A request to core: one JSON object a line over its Unix socket.</summary>
/// <param name="Id">Echoed in the reply.</param>
/// <param name="Method">See <see cref="CoreMethods"/>.</param>
public sealed record CoreRequest(long Id, string Method, JsonElement? Params = null);

/// <summary>Core's answer: a result, or an error with the exit code that a command should end with. Status lines have id 0.</summary>
public sealed record CoreReply(long Id, JsonElement? Result = null, CoreError? Error = null, CoreStatus? Status = null);

public sealed record CoreError(int Code, string Message);

/// <param name="How">ended as success, or what happened.</param>
/// <param name="Stopped">A person stopped the arm: no other episode should begin by itself.</param>
/// <param name="Code">The exit code that a command should end with: not 0 where something went wrong.</param>
public sealed record RecordingEnd(string How, bool Stopped, int Code = ExitCode.Done);

/// <summary>A move before it is made.</summary>
/// <param name="Seconds">At full speed.</param>
/// <param name="JointsRad">The way of the joint that turns furthest.</param>
/// <param name="TcpM">The way of the tool.</param>
/// <param name="Description">How far and how fast, for a person.</param>
public sealed record ArmMove(double Seconds, double JointsRad, double TcpM, string Description);

/// <summary>Core's methods and their parameters.</summary>
public static class CoreMethods
{
    /// <summary>() → <see cref="CoreStatus"/> once.</summary>
    public const string Status = "status";

    /// <summary>() → after this the connection also receives a status line ten times a second.</summary>
    public const string Subscribe = "subscribe";

    /// <summary>
    /// {task, source, seconds?} → {id}. source: scripted, freedrive, jog, teleop, none. What moves the arm lapses with the connection;
    /// the recording goes on.
    /// </summary>
    public const string RecordStart = "record.start";

    /// <summary>
    /// {outcome: success|failure|unknown} → {id}. Ends the running episode; it is encoded and committed in the background.
    /// </summary>
    public const string RecordStop = "record.stop";

    /// <summary>{} → {id}: moves the running, or else the last, episode to the trash.</summary>
    public const string RecordDiscard = "record.discard";

    /// <summary>{id} → <see cref="RecordingEnd"/> when that recording has ended, however it did; its encoding goes on.</summary>
    public const string RecordEnded = "record.ended";

    /// <summary>{id} → <see cref="EpisodeSummary"/> when that episode is committed.</summary>
    public const string RecordWait = "record.wait";

    /// <summary>
    /// {axis: x|y|z|rx|ry|rz|gripper, steps: ±n} → {}. One step is 5 mm, at most 20 mm/s. The connection holds the lease; it lapses
    /// with it.
    /// </summary>
    public const string Jog = "jog";

    /// <summary>
    /// {} → {}: from now on the config's teleoperation device moves the arm while its dead man's switch is held. The connection holds
    /// the lease; it lapses with it.
    /// </summary>
    public const string Teleop = "teleop";

    /// <summary>
    /// {model, goals: [[x, y, z], …] | seeds: [n, …], seconds?, delay_ticks?, record?} → {}: plans in a learned model, and reaches
    /// one goal after the other; progress is in the status. record: true makes an episode of each goal. model: the folder of a run or a
    /// model. goals: m, base frame, from where the arm stands; seeds: reach's own episodes, each from its start. The connection holds
    /// the lease; it lapses with it.
    /// </summary>
    public const string MpcStart = "mpc.start";

    /// <summary>
    /// {episode, speed} → {}; progress is in the status. The episode is an id of the data root (demo_007) or an absolute path. The
    /// connection holds the lease; it lapses with it.
    /// </summary>
    public const string ReplayStart = "replay.start";

    /// <summary>
    /// {joints | pose | by: six numbers, or home: true; share?, plan?} → <see cref="Protocol.ArmMove"/>. Joint angles in rad; a pose of
    /// the TCP, or a step of it, p[m, rotation vector rad] in the base frame, along a straight line. share: of the cell's limits. plan:
    /// true only says where it leads. The connection holds the lease; it lapses with it.
    /// </summary>
    public const string ArmMove = "arm.move";

    /// <summary>{} → {} when the move has arrived; an error where it did not.</summary>
    public const string ArmMoved = "arm.moved";

    /// <summary>
    /// {order: power_on|power_off|unlock|restart_safety|load|play|pause|stop|popup|close_popup, text?} → {} when it is done. text: of
    /// load the program's name, of popup what it says. A program that was played from here is stopped by <see cref="Stop"/>, too.
    /// </summary>
    public const string ArmOrder = "arm.order";

    /// <summary>{} → <see cref="Drivers.Motion.PendantReport"/>: what the controller's dashboard shows now.</summary>
    public const string ArmPendant = "arm.pendant";

    /// <summary>
    /// {kind: zero | standard | configurable | tool | analog | tool_voltage | speed | config_tool, output?, level?: true|false, value?}
    /// → {} when the controller has made the setting. analog: value in V where level is true, else in mA; tool_voltage: value in V;
    /// speed: value 0..1; config_tool: the config's TCP, payload and centre of mass.
    /// </summary>
    public const string ArmSet = "arm.set";

    /// <summary>
    /// {seconds?} → <see cref="WrenchMeasurement"/>. The arm must stand meanwhile.
    /// </summary>
    public const string ForceMeasure = "force.measure";

    /// <summary>
    /// {seconds?, clear?} → <see cref="WrenchMeasurement"/>: what touches the tool now counts as nothing in the status, until the
    /// service ends or clear: true. Recordings keep what the sensor reads.
    /// </summary>
    public const string ForceTare = "force.tare";

    /// <summary>
    /// {order: activate|release_opening|release_closing|open_fully|close_fully} → {} once the gripper is told. A release ends whatever
    /// moves the arm.
    /// </summary>
    public const string GripperOrder = "gripper.order";

    /// <summary>
    /// {position: 0 open … 1 closed} → {}; <see cref="ArmMoved"/> waits for its end. The connection holds the lease; it lapses with
    /// it.
    /// </summary>
    public const string GripperMove = "gripper.move";

    /// <summary>
    /// {} → {folder}: arm states and colour pictures go into a log of ROOT/calibrations, which is no demonstration. It ends with the
    /// connection.
    /// </summary>
    public const string CalibrationStart = "calibration.start";

    /// <summary>{} → {path, bytes} when the log is on the disk.</summary>
    public const string CalibrationStop = "calibration.stop";

    /// <summary>{camera} → <see cref="Protocol.CameraStill"/>: a picture of from now on, and where the arm is.</summary>
    public const string CameraStill = "camera.still";

    /// <summary>{} → {}: a person leads the arm while the connection lasts, or until it is stopped.</summary>
    public const string ArmFreedrive = "arm.freedrive";

    /// <summary>{} → {}: ends freedrive; a recording goes on.</summary>
    public const string ArmHold = "arm.hold";

    /// <summary>{} → {}: stops the arm now, saves a running recording, leaves the service idle.</summary>
    public const string Stop = "stop";

    /// <summary>{} → {}: a person has looked; motion may be asked for again.</summary>
    public const string Acknowledge = "acknowledge";

    /// <summary>{} → {}: ends the service.</summary>
    public const string Shutdown = "shutdown";
}

/// <summary>The one JSON dialect of sockets, files of the runtime folder and the HTTP API. A number that is not known is null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UnknownAsNull)])]
[JsonSerializable(typeof(CoreStatus))]
[JsonSerializable(typeof(CoreRequest))]
[JsonSerializable(typeof(CoreReply))]
public sealed partial class ProtocolJson : JsonSerializerContext
{
    /// <summary>The same dialect for small anonymous parameters and results.</summary>
    public static JsonSerializerOptions Lenient { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new UnknownAsNull() },
    };
}

/// <summary>JSON has no not-a-number, which is how a value is written here that no device has told.</summary>
internal sealed class UnknownAsNull : JsonConverter<double>
{
    public override bool HandleNull => true;

    public override double Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsFinite(value))
            writer.WriteNumberValue(value);
        else
            writer.WriteNullValue();
    }
}
