using System.Buffers.Binary;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// The state package of the real-time interface (30003): big-endian int32 size, then doubles alone, more of them the newer the software.
/// Source: "Realtime Client Interface", Universal Robots, and its tables by version.
/// </summary>
internal sealed class RealTimeWire(ControllerVersion version) : BigEndianPackage
{
    public ReadOnlySpan<byte> State(ControllerState s)
    {
        At = 4;
        Motion(s);
        Modes(s);
        Cabinet(s);
        Newer(s);
        BinaryPrimitives.WriteInt32BigEndian(Bytes, At);
        return Bytes.AsSpan(0, At);
    }

    private void Motion(ControllerState s)
    {
        Double(s.TimestampS);
        Vector(s.TargetQ);
        Vector(s.TargetQd);
        Vector(s.TargetQdd);
        Vector(s.Current); // target
        Vector(s.Torque); // target
        Vector(s.Q);
        Vector(s.Qd);
        Vector(s.Current);
        Vector(s.Current); // control
        Vector(s.TcpPose);
        Vector(s.TcpSpeed);
        Vector(s.TcpForce);
        Vector(s.TargetTcpPose);
        Vector(s.TargetTcpSpeed);
    }

    private void Modes(ControllerState s)
    {
        Double(0); // digital inputs
        Six(28); // motor temperatures, °C
        Double(s.ExecutionTimeS);
        Double(0); // test value
        Double((int)s.Mode);
        Six(s.JointMode);
        Double((int)s.Safety);
        Vector(default); // UR's own
        for (int i = 0; i < 3; i++)
            Double(0); // tool accelerometer
        Vector(default); // UR's own
    }

    private void Cabinet(ControllerState s)
    {
        double volts = s.JointMode == 239 ? 0 : 48;
        Double(1); // speed scaling of the trajectory limiter
        Double(0); // norm of the linear momentum
        Double(0); // UR's own
        Double(0);
        Double(48); // main voltage
        Double(volts);
        Double(s.TotalCurrent);
        Six(volts);
    }

    private void Newer(ControllerState s)
    {
        if (version.Has(Since.Both(2, 0)))
        {
            Double(s.DigitalOutputs);
            Double((int)s.Runtime);
        }
        if (version.Has(Since.Both(5, 0)))
            Vector(s.Elbow);
        if (version.Has(Since.ESeries(1)))
            Double((int)s.Safety);
        if (version.Has(Since.ESeries(4)))
            for (int i = 0; i < 3; i++)
                Double(0); // UR's own
        if (version.Has(Since.ESeries(10)))
        {
            Double(s.PayloadKg);
            Double(s.PayloadCog.X);
            Double(s.PayloadCog.Y);
            Double(s.PayloadCog.Z);
            Vector(s.PayloadInertia);
        }
    }

    private void Six(double value)
    {
        for (int i = 0; i < 6; i++)
            Double(value);
    }
}
