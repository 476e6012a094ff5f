namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>How to reach a UR controller and how its control program follows. Ports are the maker's.</summary>
public sealed class UrArmOptions
{
    public string Name { get; set; } = "robot";

    /// <summary>Name or address of the controller.</summary>
    public string Host { get; set; } = "";

    /// <summary>UR5e, UR3e … ; a controller that says otherwise is not moved.</summary>
    public string Model { get; set; } = "UR5e";

    /// <summary>Where the model stands in the config, for whoever has to correct it.</summary>
    public string ModelKey { get; set; } = "robot.model";

    /// <summary>The constant part of the delay from the controller's cycle to the arrival here, ms.</summary>
    public double LatencyMs { get; set; }

    public int RtdePort { get; set; } = RtdeWire.DefaultPort;

    public int DashboardPort { get; set; } = 29999;

    /// <summary>Where the controller tells its configuration, calibration and messages (read only).</summary>
    public int PrimaryPort { get; set; } = 30001;

    /// <summary>Where the control program is sent.</summary>
    public int ScriptPort { get; set; } = 30002;

    /// <summary>
    /// Claim the input registers with every connection, before data starts; else only when a program is first started. Set it where motion
    /// is enabled; a cell that only records claims nothing.
    /// </summary>
    public bool ClaimInputs { get; set; }

    /// <summary>servoj's gain, 100..2000.</summary>
    public int ServojGain { get; set; } = 2000;

    /// <summary>servoj's lookahead time, 0.03..0.2 s.</summary>
    public double ServojLookaheadS { get; set; } = 0.03;

    /// <summary>The control program stops the arm when the counter has not changed for this long, 100..200 ms.</summary>
    public int WatchdogMs { get; set; } = 100;

    /// <summary>The control program commands no joint faster, whatever arrives, rad/s; the model's own limit holds besides.</summary>
    public double JointSpeedLimit { get; set; } = 1.5;

    /// <summary>Deceleration of the control program's stopj, rad/s².</summary>
    public double StopDeceleration { get; set; } = 8;

    /// <summary>A first target further than this from the arm ends the control program, rad.</summary>
    public double FirstTargetLimit { get; set; } = 0.05;

    /// <summary>A question to the controller without an answer for this long ends the connection, ms.</summary>
    internal int ReplyTimeoutMs { get; set; } = 2000;

    /// <summary>Waits between tries to connect double up to this, ms: with it data flows within 1 s of the controller's return.</summary>
    internal int LongestWaitMs { get; set; } = 500;

    /// <exception cref="ArgumentException">A value is out of range; says which.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Host))
            throw new ArgumentException($"{Name}: no host is set; give the controller's address");
        _ = UrModel.ByName(Model);
        Check("latency_ms", LatencyMs, 0, 1000);
        Check("servoj gain", ServojGain, 100, 2000);
        Check("servoj lookahead", ServojLookaheadS, 0.03, 0.2);
        Check("watchdog_ms", WatchdogMs, 100, 200);
        Check("joint speed limit", JointSpeedLimit, 0.001, 2 * Math.PI);
        Check("stop deceleration", StopDeceleration, 0.1, 40);
        Check("first target limit", FirstTargetLimit, 0.001, 0.5);
        foreach (int port in (ReadOnlySpan<int>)[RtdePort, DashboardPort, PrimaryPort, ScriptPort])
            Check("port", port, 1, 65535);
    }

    private void Check(string what, double value, double least, double most)
    {
        if (!(value >= least && value <= most))
            throw new ArgumentException($"{Name}: {what} is {value}, it must be {least} to {most}");
    }
}
