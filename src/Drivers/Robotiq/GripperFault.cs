namespace RobotWorldModel.Drivers.Robotiq;

/// <summary>The gripper's FLT codes (2F-85 manual) in words, with what to do.</summary>
public static class GripperFault
{
    /// <summary>Its emergency release is done.</summary>
    public const int Released = 0x0F;

    /// <summary>From this code on, it does not move again by itself.</summary>
    public const int FirstMajor = 0x08;

    /// <summary>Action delayed, and activation bit needed: an activation clears both.</summary>
    public static bool NeedsActivation(int fault) => fault is 0x05 or 0x07;

    /// <param name="fault">The code, 0 for none.</param>
    public static string Describe(int fault) => fault switch
    {
        0 => "no fault",
        0x05 => "0x05, it waits for its activation to end",
        0x07 => "0x07, it must be activated first",
        0x08 => "0x08, too hot: let it cool down",
        0x09 => "0x09, no communication with it for 1 s: it is starting, or its cable at the wrist is loose",
        0x0A => "0x0A, its voltage is too low: check the tool's power",
        0x0B => "0x0B, its emergency release is running: keep clear",
        0x0C => "0x0C, internal fault: ./robot gripper activate; if it comes back, ask Robotiq",
        0x0D => "0x0D, its activation failed: clear the fingers, then ./robot gripper activate",
        0x0E => "0x0E, too much current: free the fingers, then ./robot gripper activate",
        0x0F => "0x0F, its emergency release is done: ./robot gripper activate",
        _ => $"0x{fault:X2}, not in the manual: ./robot gripper activate",
    };
}
