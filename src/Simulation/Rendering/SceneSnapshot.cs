using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Physics;

namespace RobotWorldModel.Simulation.Rendering;

/// <summary>Where every body was at one time.</summary>
public sealed class SceneSnapshot(int bodies)
{
    private readonly Pose[] _poses = new Pose[bodies];

    /// <summary>Host monotonic time, ns.</summary>
    public long TimeNs { get; internal set; }

    /// <summary>Base frame, in the order of the scene's bodies.</summary>
    public Span<Pose> Poses => _poses;

    public void Take(long timeNs, IReadOnlyList<SceneBody> scene)
    {
        TimeNs = timeNs;
        for (int i = 0; i < _poses.Length; i++)
            _poses[i] = scene[i].PoseInBase;
    }
}

/// <summary>
/// The last half second of the scene. The cell's loop writes once a cycle and never waits; any number of cameras read, and read again what
/// was overwritten under them.
/// </summary>
public sealed class SnapshotRing
{
    private const int Kept = 256;
    private readonly SceneSnapshot[] _slots = new SceneSnapshot[Kept];
    private readonly long[] _cycle = new long[Kept]; // which cycle a slot holds; -1 while it is being written
    private long _written;

    public SnapshotRing(IReadOnlyList<SceneBody> scene)
    {
        Scene = scene;
        for (int i = 0; i < Kept; i++)
            _slots[i] = new SceneSnapshot(scene.Count);
    }

    public IReadOnlyList<SceneBody> Scene { get; }

    /// <summary>Cycles written so far.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Time of the newest snapshot; the least long before the first.</summary>
    public long NewestNs
    {
        get
        {
            long written = Written;
            return written == 0 ? long.MinValue : _slots[(written - 1) % Kept].TimeNs;
        }
    }

    /// <summary>Keeps the scene as it is now. Called by the thread that owns the scene, after each cycle, with times that grow.</summary>
    public void Write(long timeNs)
    {
        long cycle = _written;
        int i = (int)(cycle % Kept);
        Volatile.Write(ref _cycle[i], -1);
        Interlocked.MemoryBarrier(); // nobody may see new poses under the old number
        _slots[i].Take(timeNs, Scene);
        Volatile.Write(ref _cycle[i], cycle);
        Volatile.Write(ref _written, cycle + 1);
    }

    /// <summary>The scene at a time, between the two cycles around it; the newest or the oldest kept where there are none.</summary>
    /// <returns>False before the first cycle.</returns>
    public bool Read(long timeNs, SceneSnapshot into, SceneSnapshot scratch)
    {
        while (true)
        {
            long newest = Written - 1;
            if (newest < 0)
                return false;
            long oldest = Math.Max(0, newest - Kept + 2); // the slot after the newest may be written at any moment
            long after = newest;
            while (after > oldest && _slots[(after - 1) % Kept].TimeNs >= timeNs)
                after--;
            long before = Math.Max(oldest, after - 1);
            if (Copy(after, into) && Copy(before, scratch))
            {
                Blend(timeNs, scratch, into);
                return true;
            }
        }
    }

    private bool Copy(long cycle, SceneSnapshot to)
    {
        int i = (int)(cycle % Kept);
        if (Volatile.Read(ref _cycle[i]) != cycle)
            return false;
        SceneSnapshot from = _slots[i];
        to.TimeNs = from.TimeNs;
        from.Poses.CopyTo(to.Poses);
        Interlocked.MemoryBarrier(); // the copy is made before the number is looked at again
        return Volatile.Read(ref _cycle[i]) == cycle;
    }

    // Between 2 ms of motion a straight line and a normalised mean of quaternions are exact enough by far.
    private static void Blend(long timeNs, SceneSnapshot before, SceneSnapshot after)
    {
        if (timeNs >= after.TimeNs || before.TimeNs >= after.TimeNs)
            return;
        double share = Math.Clamp((double)(timeNs - before.TimeNs) / (after.TimeNs - before.TimeNs), 0, 1);
        for (int i = 0; i < after.Poses.Length; i++)
        {
            Pose a = before.Poses[i], b = after.Poses[i];
            Quat p = a.Rotation, q = b.Rotation;
            double sign = p.X * q.X + p.Y * q.Y + p.Z * q.Z + p.W * q.W < 0 ? -share : share, rest = 1 - share;
            Quat turn = new(rest * p.X + sign * q.X, rest * p.Y + sign * q.Y, rest * p.Z + sign * q.Z, rest * p.W + sign * q.W);
            after.Poses[i] = new(a.Position * rest + b.Position * share, turn.Normalized);
        }
        after.TimeNs = timeNs;
    }
}
