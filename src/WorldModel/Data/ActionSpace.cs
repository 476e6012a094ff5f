using System.Text.Json.Serialization;
using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.WorldModel.Data;

/// <summary>What a model's actions are: columns of actions.csv, in the unit that they were recorded in.</summary>
/// <param name="Kind">joint_position, joint_velocity, tcp_pose, tcp_velocity, environment.</param>
/// <param name="Names">Columns: a0 … a5 the arm, a6 the gripper (0 open … 1 closed).</param>
/// <param name="Units">One for each number; - where it has none.</param>
/// <param name="Lower">Least value by number; null where the recording promises no bound.</param>
/// <param name="Upper">Greatest value by number; null where the recording promises no bound.</param>
public sealed record ActionSpace(
    [property: JsonConverter(typeof(SnakeCaseEnum<ActionKind>))] ActionKind Kind,
    IReadOnlyList<string> Names, IReadOnlyList<string> Units, IReadOnlyList<double?> Lower, IReadOnlyList<double?> Upper)
{
    private const int ArmNumbers = 6;

    /// <summary>Numbers of one action, A.</summary>
    [JsonIgnore]
    public int Size => Names.Count;

    /// <param name="names">Those of its columns that are wanted; null for all.</param>
    /// <exception cref="InvalidDataException">It has no such column.</exception>
    internal static ActionSpace Of(ActionDescription action, IReadOnlyList<string>? names)
    {
        string[] wanted = [.. names ?? action.Names];
        int[] columns = [.. wanted.Select(n => action.Names.ToList().IndexOf(n))];
        if (Array.IndexOf(columns, -1) is >= 0 and var unknown)
            throw new InvalidDataException($"there is no action '{wanted[unknown]}'; there are {string.Join(", ", action.Names)}");
        return new(action.Kind, wanted, [.. columns.Select(c => UnitOf(action.Kind, c))],
            [.. columns.Select(c => c < action.Lower?.Length ? action.Lower[c] : null)],
            [.. columns.Select(c => c < action.Upper?.Length ? action.Upper[c] : null)]);
    }

    public bool Equals(ActionSpace? other) =>
        other is not null && Kind == other.Kind && Names.SequenceEqual(other.Names) && Units.SequenceEqual(other.Units)
        && Lower.SequenceEqual(other.Lower) && Upper.SequenceEqual(other.Upper);

    public override int GetHashCode() => HashCode.Combine(Kind, Names.Count);

    /// <summary>In a line, for messages and cards.</summary>
    public override string ToString() =>
        $"{Kind} of {Size} ({string.Join(", ", Names.Select((n, i) => $"{n} {Bound(Lower[i])}…{Bound(Upper[i])} {Units[i]}"))})";

    private static string Bound(double? bound) =>
        bound is { } b ? b.ToString("0.####", System.Globalization.CultureInfo.InvariantCulture) : "?";

    private static string UnitOf(ActionKind kind, int column) => kind switch
    {
        ActionKind.Environment => "-",
        _ when column >= ArmNumbers => "-",
        ActionKind.JointPosition => "rad",
        ActionKind.JointVelocity => "rad/s",
        ActionKind.TcpPose => column < 3 ? "m" : "rad",
        ActionKind.TcpVelocity => column < 3 ? "m/s" : "rad/s",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
