using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Teleoperation;

/// <summary>What a person leads the arm with, at one moment.</summary>
public struct TeleopInput
{
    /// <summary>The device is there. False: nothing below counts.</summary>
    public bool Connected;

    /// <summary>The dead man's switch is held, and was seen open since the device was found or had lost something.</summary>
    public bool Held;

    /// <summary>How often the dead man's switch was pressed: another number is another press, however short the pause.</summary>
    public int Press;

    /// <summary>When the switch last changed, by the stamp of the device's event, host ns.</summary>
    public long ChangedNs;

    /// <summary>When the device's own thread last looked, or for a leading arm its newest state arrived, host ns.</summary>
    public long AliveNs;

    /// <summary>A button for finer motion is held.</summary>
    public bool Slow;

    /// <summary>How often a button of the gripper was pressed, and what the last one asks for: 0 open … 1 closed.</summary>
    public int GripperPress;

    /// <inheritdoc cref="GripperPress"/>
    public double Gripper;

    /// <summary>Deflection along x, y, z and about x, y, z, -1..1, dead zone taken out; of a device that is held in the hand.</summary>
    public Vector6 Deflection;

    /// <summary>Of a leading arm, rad.</summary>
    public Vector6 LeaderQ;

    /// <summary>The leading arm's TCP in its base frame: m, rotation vector rad.</summary>
    public Vector6 LeaderTcp;
}

/// <summary>Something that a person leads the arm with.</summary>
public interface ITeleopDevice : IDevice
{
    /// <summary>The newest of it, from any thread, without waiting.</summary>
    TeleopInput Read();
}

/// <summary>
/// A dead man's switch as its device shows it. Whoever holds it when the device is found, or when events were lost, must let it go first:
/// a switch that is stuck, or one that something lies on, moves nothing. One thread.
/// </summary>
internal struct DeadMan
{
    private bool _seenOpen;

    public bool Held { get; private set; }

    public int Presses { get; private set; }

    /// <inheritdoc cref="TeleopInput.ChangedNs"/>
    public long ChangedNs { get; private set; }

    public void See(bool pressed, long stampNs)
    {
        bool held = pressed && (_seenOpen || Held);
        if (held != Held)
            ChangedNs = stampNs;
        if (held && !Held)
            Presses++;
        _seenOpen |= !pressed;
        Held = held;
    }

    /// <summary>What it did meanwhile is not known.</summary>
    public void Lose(long nowNs)
    {
        if (Held)
            ChangedNs = nowNs;
        (Held, _seenOpen) = (false, false);
    }
}

/// <summary>Buttons of the gripper: a press of the one opens it, of the other closes it; where both are one, in turns.</summary>
internal struct GripperButtons
{
    private bool _open, _close;

    public int Presses { get; private set; }

    public double Asked { get; private set; }

    /// <param name="same">Both are one button.</param>
    public void See(bool open, bool close, bool same)
    {
        if (open && !_open && (!same || Asked == 1))
            (Presses, Asked) = (Presses + 1, 0);
        else if (close && !_close)
            (Presses, Asked) = (Presses + 1, 1);
        (_open, _close) = (open, close);
    }
}
