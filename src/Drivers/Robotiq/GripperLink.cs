namespace RobotWorldModel.Drivers.Robotiq;

/// <summary>What a gripper last said of itself; <see cref="GripperLink.Unavailable"/> where it could not.</summary>
internal struct GripperRegisters
{
    /// <summary>gSTA: 0 reset, 1 activating, 3 active.</summary>
    public int Status;

    /// <summary>gACT: the activation bit as the gripper has it.</summary>
    public int Activated;

    /// <summary>gFLT: <see cref="GripperFault"/>.</summary>
    public int Fault;

    /// <summary>gPO: 0 open … 255 closed.</summary>
    public int Position;

    /// <summary>gOBJ: 0 moving, 1 stopped by something while opening, 2 while closing, 3 at what was asked.</summary>
    public int Object;

    /// <summary>gPR: the position last asked for; once it is ours, gOBJ speaks of our request.</summary>
    public int Echo;

    /// <summary>rFR, the grip force as it is set, 0..255.</summary>
    public int Force;
}

/// <summary>One gripper's wire, for the driver's own thread. Allocates nothing per poll.</summary>
internal abstract class GripperLink
{
    /// <summary>The value of a register that the gripper cannot tell now: no power, or an emergency stop.</summary>
    public const int Unavailable = int.MinValue;

    /// <summary>When the last request for the position left and its answer came, host ns.</summary>
    public (long SentNs, long AnsweredNs) PositionTrip { get; protected set; }

    /// <summary>All registers, at a session's beginning.</summary>
    /// <exception cref="IOException">It does not answer.</exception>
    public abstract void ReadAll(ref GripperRegisters registers);

    /// <summary>A poll: position, then object; the others at least once in four polls.</summary>
    /// <param name="echoFirst">The echo is waited for: read it before the object, which speaks of the old request until then.</param>
    /// <exception cref="IOException">It does not answer.</exception>
    public abstract void Read(ref GripperRegisters registers, bool echoFirst);

    /// <summary>Status, activation bit and fault, while an activation is under way.</summary>
    /// <exception cref="IOException">It does not answer.</exception>
    public abstract void ReadActivation(ref GripperRegisters registers);

    /// <summary>Takes the activation bit away, and with it every request and fault.</summary>
    /// <exception cref="IOException">It does not answer.</exception>
    public abstract void Reset();

    /// <summary>Sets the activation bit: the fingers run through their whole stroke.</summary>
    /// <exception cref="IOException">It does not answer.</exception>
    public abstract void Activate();

    /// <summary>Asks for a position with a speed and a force, each 0..255.</summary>
    /// <exception cref="IOException">It does not answer.</exception>
    public abstract void Move(int position, int speed, int force);

    /// <summary>Stops the fingers where they are.</summary>
    /// <param name="activating">Also the stroke of an activation, which goes on whatever else is asked.</param>
    /// <exception cref="IOException">It does not answer.</exception>
    public abstract void Stop(bool activating);

    /// <summary>The emergency release: opens, or closes, slowly, and ends in a fault that an activation clears.</summary>
    /// <exception cref="IOException">It does not answer.</exception>
    public abstract void Release(bool open);
}
