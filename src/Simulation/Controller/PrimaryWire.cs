using System.Buffers.Binary;
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
internal sealed class PrimaryWire(UrModel model, ArmCalibration arm, ControllerVersion version) : BigEndianPackage
{
    private const byte RobotState = 16, RobotMessage = 20;
    private const sbyte Source = -2; // the real-time machine

    /// <summary>What every client is greeted with.</summary>
    public ReadOnlySpan<byte> Version(ulong timestampUs)
    {
        BeginMessage(3, timestampUs);
        Short("URControl");
        Byte(version.Major);
        Byte(version.Minor);
        Int(version.Bugfix);
        Int(version.Build);
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

    /// <summary>What is sent ten times a second.</summary>
    public ReadOnlySpan<byte> State(ControllerState state)
    {
        Begin(RobotState);
        RobotMode(state);
        Joints(state);
        Tool(state);
        Masterboard(state);
        Cartesian(state);
        Kinematics();
        Configuration();
        Force(state);
        AdditionalInfo(state);
        Calibration(state);
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
        Byte(s.Safety is SafetyMode.RobotEmergencyStop or SafetyMode.SystemEmergencyStop ? 1 : 0);
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

    private void Tool(ControllerState s)
    {
        int sub = BeginSub(2);
        Byte((int)(s.ToolVoltages & 1)); // domains of two analog inputs, with nothing connected
        Byte((int)(s.ToolVoltages >> 1 & 1));
        Double(0);
        Double(0);
        Float(s.JointMode == 239 ? 0 : 48);
        Byte(s.ToolVoltage);
        Float(0);
        Float(28);
        Byte(s.JointMode);
        EndSub(sub);
    }

    private void Masterboard(ControllerState s)
    {
        int sub = BeginSub(3);
        Int(0); // digital inputs: nothing is connected
        Int((int)s.DigitalOutputs);
        Byte((int)(s.AnalogVoltages & 1)); // analog inputs: domain and value of each
        Byte((int)(s.AnalogVoltages >> 1 & 1));
        Double(0);
        Double(0);
        Byte((int)(s.AnalogVoltages >> 2 & 1)); // analog outputs
        Byte((int)(s.AnalogVoltages >> 3 & 1));
        Double(s.AnalogOutput(0));
        Double(s.AnalogOutput(1));
        Float(28);
        Float(s.JointMode == 239 ? 0 : 48);
        Float((float)s.TotalCurrent);
        Float(0);
        Byte((int)s.Safety);
        Byte(s.Safety == SafetyMode.Reduced ? 1 : 0);
        Byte(0); // no Euromap 67
        Int(0);
        Byte(0); // no operational mode selector
        Byte(0); // nor three-position enabling device
        Byte(0);
        EndSub(sub);
    }

    private void Cartesian(ControllerState s)
    {
        int sub = BeginSub(4);
        Vector(s.TcpPose);
        Vector(s.TcpOffset);
        EndSub(sub);
    }

    private void Kinematics()
    {
        int sub = BeginSub(5);
        for (int i = 0; i < 6; i++)
            Int(arm.Checksum(i));
        Vector(arm.Theta);
        Vector(arm.A);
        Vector(arm.D);
        Vector(arm.Alpha);
        Int(0); // calibrated
        EndSub(sub);
    }

    private void Configuration()
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
        // UR does not publish these two numbers' meaning: 5 for the e-Series and 3 for CB3 tell the generations apart.
        int generation = version.IsCb3 ? 3 : 5;
        Int(generation); // masterboard
        Int(generation); // controller box
        Int(model.ControllerType);
        Int(0);
        EndSub(sub);
    }

    private void Force(ControllerState s)
    {
        int sub = BeginSub(7);
        Vector(s.TcpForce);
        Double(0); // dexterity
        EndSub(sub);
    }

    private void AdditionalInfo(ControllerState s)
    {
        int sub = BeginSub(8);
        Byte((s.StatusBits & 4) != 0 ? 1 : 0); // the pendant's freedrive button
        Byte(1); // which is enabled
        Byte(0); // no freedrive by an input
        Byte(0);
        EndSub(sub);
    }

    // Documented as UR's own; clients skip it.
    private void Calibration(ControllerState s)
    {
        int sub = BeginSub(9);
        Vector(s.FtRawWrench);
        EndSub(sub);
    }

    private void Begin(byte type)
    {
        At = 4;
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
        BinaryPrimitives.WriteInt32BigEndian(Bytes, At);
        return Bytes.AsSpan(0, At);
    }

    private int BeginSub(byte type)
    {
        int start = At;
        At += 4;
        Byte(type);
        return start;
    }

    private void EndSub(int start) => BinaryPrimitives.WriteInt32BigEndian(Bytes.AsSpan(start), At - start);
}
