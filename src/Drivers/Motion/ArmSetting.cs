namespace RobotWorldModel.Drivers.Motion;

/// <summary>What our program on the controller does besides motion; the numbers are those of its register 27.</summary>
public enum ArmSettingKind
{
    /// <summary>The force that the flange's own sensor measures now is zero from now on.</summary>
    ZeroForceSensor = 1,

    StandardOutput = 2,
    ConfigurableOutput = 3,
    ToolOutput = 4,
}

/// <summary>A setting of the arm's controller.</summary>
/// <param name="Output">Which output: 0..7, of the tool 0..1.</param>
/// <param name="Level">High.</param>
public readonly record struct ArmSetting(ArmSettingKind Kind, int Output = 0, bool Level = false)
{
    /// <exception cref="ArgumentOutOfRangeException">There is no such output.</exception>
    public void Validate()
    {
        int outputs = Kind switch { ArmSettingKind.ZeroForceSensor => 1, ArmSettingKind.ToolOutput => 2, _ => 8 };
        ArgumentOutOfRangeException.ThrowIfNegative(Output);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(Output, outputs);
    }
}
