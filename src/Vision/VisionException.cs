namespace RobotWorldModel.Vision;

/// <summary>What cannot be seen, measured or solved, and what to do about it; one line.</summary>
public sealed class VisionException(string message) : Exception(message);
