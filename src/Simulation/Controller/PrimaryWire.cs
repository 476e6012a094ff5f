using System.Buffers.Binary;
using System.Text;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>How grave an error message is.</summary>
internal enum ReportLevel { Debug, Info, Warning, Violation, Fault }

/// <summary>
/// The packages of the primary and secondary interface: big-endian int32 size (of the whole package), int8 type, body. Source: "Client
/// Interfaces" of Universal Robots for e-Series 5.12.
/// </summary>
internal sealed class PrimaryWire
{
    private const byte RobotState = 16, RobotMessage = 20;
    private const sbyte Source = -2; // the real-time machine

    private readonly byte[] _buffer = new byte[4096];
    private int _at;

    /// <summary>What every client is greeted with.</summary>
    public ReadOnlySpan<byte> Version(ulong timestampUs)
    {
        BeginMessage(3, timestampUs);
        Short("URControl");
        Byte(ControllerVersion.Major);
        Byte(ControllerVersion.Minor);
        Int(ControllerVersion.Bugfix);
        Int(ControllerVersion.Build);
        Text(ControllerVersion.BuildDate);
        return End();
    }

    /// <summary>textmsg.</summary>
    public ReadOnlySpan<byte> TextMessage(ulong timestampUs, string text)
    {
        BeginMessage(0, timestampUs);
        Text(text);
        return End();
    }

    public ReadOnlySpan<byte> Popup(ulong timestampUs, int request, string title, string text, bool warning, bool error, bool blocking)
    {
        BeginMessage(2, timestampUs);
        Int(request);
        Int(0); // no value is asked for
        Byte(warning ? 1 : 0);
        Byte(error ? 1 : 0);
        Byte(blocking ? 1 : 0);
        Short(title);
        Text(text);
        return End();
    }

    public ReadOnlySpan<byte> SafetyModeMessage(ulong timestampUs, int code, int argument, SafetyMode mode)
    {
        BeginMessage(5, timestampUs);
        Int(code);
        Int(argument);
        Byte((int)mode);
        Int(0); // the type of the data below: none
        Int(0);
        return End();
    }

    public ReadOnlySpan<byte> ErrorCode(ulong timestampUs, int code, int argument, ReportLevel level, string text)
    {
        BeginMessage(6, timestampUs);
        Int(code);
        Int(argument);
        Int((int)level);
        Int(0);
        Int(0);
        Text(text);
        return End();
    }

    /// <summary>PROGRAM_XXX_STARTED and the like, with the program's name as its text.</summary>
    public ReadOnlySpan<byte> KeyMessage(ulong timestampUs, string title, string text)
    {
        BeginMessage(7, timestampUs);
        Int(0);
        Int(0);
        Short(title);
        Text(text);
        return End();
    }

    public ReadOnlySpan<byte> RuntimeException(ulong timestampUs, int line, int column, string text)
    {
        BeginMessage(10, timestampUs);
        Int(line);
        Int(column);
        Text(text);
        return End();
    }

    /// <summary>What is sent ten times a second: robot mode, joints, TCP, kinematics and configuration.</summary>
    public ReadOnlySpan<byte> State(ControllerState state, UrModel model)
    {
        Begin(RobotState);
        RobotMode(state);
        Joints(state);
        Cartesian(state);
        Kinematics(model);
        Configuration(model);
        return End();
    }

    private void RobotMode(ControllerState s)
    {
        int sub = BeginSub(0);
        ULong(s.TimestampUs);
        bool powered = s.JointMode != 239;
        Byte(1); // a real robot is connected
        Byte(1); // and enabled
        Byte(powered ? 1 : 0);
        Byte(s.Safety == SafetyMode.RobotEmergencyStop ? 1 : 0);
        Byte(s.Safety == SafetyMode.ProtectiveStop ? 1 : 0);
        Byte(s.Runtime == RuntimeState.Playing ? 1 : 0);
        Byte(s.Runtime == RuntimeState.Paused ? 1 : 0);
        Byte((int)s.Mode);
        Byte(0); // position control
        Double(s.SpeedFraction);
        Double(1);
        Double(1);
        Byte(0);
        EndSub(sub);
    }

    private void Joints(ControllerState s)
    {
        int sub = BeginSub(1);
        for (int i = 0; i < 6; i++)
        {
            Double(s.Q[i]);
            Double(s.TargetQ[i]);
            Double(s.Qd[i]);
            Float((float)s.Current[i]);
            Float(s.JointMode == 239 ? 0 : 48);
            Float(28);
            Float(28);
            Byte(s.JointMode);
        }
        EndSub(sub);
    }

    private void Cartesian(ControllerState s)
    {
        int sub = BeginSub(4);
        Vector(s.TcpPose);
        Vector(s.TcpOffset);
        EndSub(sub);
    }

    private void Kinematics(UrModel model)
    {
        int sub = BeginSub(5);
        for (int i = 0; i < 6; i++)
            Int(0x51A00000 + i); // the checksum of a calibration that is nominal
        Vector(default); // theta
        Vector(model.A);
        Vector(model.D);
        Vector(model.Alpha);
        Int(0); // calibrated
        EndSub(sub);
    }

    private void Configuration(UrModel model)
    {
        int sub = BeginSub(6);
        for (int i = 0; i < 6; i++)
        {
            Double(-UrModel.JointRange);
            Double(UrModel.JointRange);
        }
        for (int i = 0; i < 6; i++)
        {
            Double(model.MaxJointSpeed[i]);
            Double(40);
        }
        foreach (double defaults in (ReadOnlySpan<double>)[1.05, 1.4, 0.25, 1.2, 0.5]) // vJoint, aJoint, vTool, aTool, eqRadius
            Double(defaults);
        Vector(model.A);
        Vector(model.D);
        Vector(model.Alpha);
        Vector(default);
        Int(5); // e-Series masterboard
        Int(5); // and controller box
        Int(model.ControllerType);
        Int(0);
        EndSub(sub);
    }

    private void Begin(byte type)
    {
        _at = 4;
        Byte(type);
    }

    private void BeginMessage(byte kind, ulong timestampUs)
    {
        Begin(RobotMessage);
        ULong(timestampUs);
        Byte(Source);
        Byte(kind);
    }

    private ReadOnlySpan<byte> End()
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer, _at);
        return _buffer.AsSpan(0, _at);
    }

    private int BeginSub(byte type)
    {
        int start = _at;
        _at += 4;
        Byte(type);
        return start;
    }

    private void EndSub(int start) => BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(start), _at - start);

    private void Byte(int value) => _buffer[_at++] = unchecked((byte)value);

    private void Int(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_at), value);
        _at += 4;
    }

    private void ULong(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_buffer.AsSpan(_at), value);
        _at += 8;
    }

    private void Float(float value)
    {
        BinaryPrimitives.WriteSingleBigEndian(_buffer.AsSpan(_at), value);
        _at += 4;
    }

    private void Double(double value)
    {
        BinaryPrimitives.WriteDoubleBigEndian(_buffer.AsSpan(_at), value);
        _at += 8;
    }

    private void Vector(in Vector6 v)
    {
        for (int i = 0; i < 6; i++)
            Double(v[i]);
    }

    // Up to 255 letters behind their number.
    private void Short(string text)
    {
        int count = Math.Min(text.Length, 255);
        Byte(count);
        Text(text[..count]);
    }

    // The rest of the package; what a script says is cut at 2000 letters.
    private void Text(string text) => _at += Encoding.Latin1.GetBytes(text.AsSpan(0, Math.Min(text.Length, 2000)), _buffer.AsSpan(_at));
}
