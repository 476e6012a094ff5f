namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>Inputs that are claimed and written together.</summary>
/// <param name="whereInUse">What to do where another client owns one.</param>
internal sealed class RtdeRecipe((string Name, RtdeType Type)[] inputs, string whereInUse)
{
    public byte[] Request { get; } = RtdeWire.Package(RtdePackage.SetupInputs, [], string.Join(',', inputs.Select(i => i.Name)));

    /// <summary>Reads the controller's reply to the request.</summary>
    /// <param name="recipe">The number that packages carry.</param>
    /// <returns>Null where the inputs are ours, else what is in the way and what to do.</returns>
    public string? Read(RtdeSession session, ReadOnlySpan<byte> payload, out byte recipe)
    {
        recipe = 0;
        if (payload.IsEmpty)
            return $"{session.Host} gave an empty answer to the request for RTDE inputs";
        recipe = payload[0];
        string[] types = RtdeWire.SplitList(payload[1..]);
        if (types.Length != inputs.Length)
            return $"{session.Host} answered the request for {inputs.Length} RTDE inputs with {types.Length} types";
        string inUse = Refused("IN_USE");
        if (inUse.Length > 0)
            return $"{session.Host} refused RTDE input {inUse} (IN_USE): another client owns it, often EtherNet/IP or PROFINET "
                + $"enabled on the robot, or another RTDE program (ur_rtde, a ROS driver): {whereInUse}";
        string missing = Refused("NOT_FOUND");
        if (missing.Length > 0)
            return $"{session.Host} does not have RTDE input {missing} (NOT_FOUND): PolyScope 3.9 or 5.3 has it; update it";
        for (int i = 0; i < inputs.Length; i++)
            if (types[i] != RtdeWire.Name(inputs[i].Type))
                return $"{session.Host} says that RTDE input {inputs[i].Name} is {types[i]}, which it is not on a UR controller";
        return null;

        string Refused(string how)
        {
            string[] refused = [.. inputs.Where((_, i) => types[i] == how).Select(i => i.Name)];
            return refused.Length <= 2 ? string.Join(", ", refused) : $"{refused[0]} and {refused.Length - 1} more";
        }
    }
}
