using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>What our program on the controller does besides motion; the numbers are those of its register 27.</summary>
public enum ArmSettingKind
{
    /// <summary>The force that the flange's own sensor measures now is zero from now on.</summary>
    ZeroForceSensor = 1,

    StandardOutput = 2,
    ConfigurableOutput = 3,
    ToolOutput = 4,

    /// <summary>Domain and level of an analog output of the control box.</summary>
    AnalogOutput = 5,

    /// <summary>Of the tool's connector.</summary>
    ToolVoltage = 6,

    /// <summary>Flange to TCP. Never while somebody holds the arm: poses would jump.</summary>
    Tcp = 7,

    /// <summary>Mass and its centre. Never while somebody holds the arm: it is what gravity is balanced by.</summary>
    Payload = 8,
}

/// <summary>A setting of the arm's controller.</summary>
/// <param name="Output">Which output: 0..7, of the tool and of analog ones 0..1. Of <see cref="ArmSettingKind.ToolVoltage"/>: 0, 12 or
/// 24 V.</param>
/// <param name="Level">High; of an analog output: a voltage, not a current.</param>
/// <param name="Values">An analog output's level in its range, 0..1; a TCP in m and rad; a payload in kg and its centre of mass in m,
/// flange frame.</param>
public readonly record struct ArmSetting(ArmSettingKind Kind, int Output = 0, bool Level = false, Vector6 Values = default)
{
    /// <summary>The ranges of an analog output in its two domains.</summary>
    public const double LeastMilliamperes = 4, MostMilliamperes = 20, MostVolts = 10;

    /// <summary>What the controller is told must not change under who moves the arm.</summary>
    public bool NeedsFreeArm => Kind is ArmSettingKind.ZeroForceSensor or ArmSettingKind.Tcp or ArmSettingKind.Payload;

    /// <param name="amount">4..20 mA, or 0..10 V.</param>
    /// <exception cref="ArgumentOutOfRangeException">Outside that range.</exception>
    public static ArmSetting Analog(int output, double amount, bool volts)
    {
        double level = volts ? amount / MostVolts : (amount - LeastMilliamperes) / (MostMilliamperes - LeastMilliamperes);
        return level is >= 0 and <= 1
            ? new(ArmSettingKind.AnalogOutput, output, volts, new(level, 0, 0, 0, 0, 0))
            : throw new ArgumentOutOfRangeException(nameof(amount),
                $"an analog output gives {LeastMilliamperes} to {MostMilliamperes} mA or 0 to {MostVolts} V, not "
                + $"{amount} {(volts ? "V" : "mA")}");
    }

    public static ArmSetting Tcp(in Pose flangeToTcp) => new(ArmSettingKind.Tcp, Values: flangeToTcp.ToVector());

    /// <param name="centre">Of mass, flange frame, m.</param>
    public static ArmSetting Payload(double kg, Vec3 centre) =>
        new(ArmSettingKind.Payload, Values: new(kg, centre.X, centre.Y, centre.Z, 0, 0));

    /// <exception cref="ArgumentOutOfRangeException">There is no such output, or a value that no controller takes.</exception>
    public void Validate()
    {
        bool known = Kind switch
        {
            ArmSettingKind.ZeroForceSensor => Output == 0,
            ArmSettingKind.StandardOutput or ArmSettingKind.ConfigurableOutput => Output is >= 0 and < 8,
            ArmSettingKind.ToolOutput => Output is 0 or 1,
            ArmSettingKind.AnalogOutput => Output is 0 or 1 && Values[0] is >= 0 and <= 1,
            ArmSettingKind.ToolVoltage => Output is 0 or 12 or 24,
            ArmSettingKind.Tcp => Values.IsFinite,
            ArmSettingKind.Payload => Values.IsFinite && Values[0] >= 0,
            _ => false,
        };
        if (!known)
            throw new ArgumentOutOfRangeException(nameof(Output), $"{Kind} {Output} {Values} is no setting that a controller takes");
    }
}
