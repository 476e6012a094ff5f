using System.Text;
using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.WorldModel.Data;

public enum DataPart { Train, Validation, Test }

/// <summary>
/// Which episodes are for what. By a hash of its name and the seed, so that an episode stays where it is when others come or go. A split
/// that a person made (the dataset's metadata.json) goes before that for the episodes that it names.
/// </summary>
internal static class EpisodeSplit
{
    /// <param name="names">Folder and id: demonstrations/demo_003.</param>
    /// <param name="byHand">Paths relative to the data root, which are such names.</param>
    /// <returns>One for each name.</returns>
    public static DataPart[] Of(IReadOnlyList<string> names, DataOptions options, DatasetSplit? byHand)
    {
        double[] places = [.. names.Select(n => PlaceOf(n, options.SplitSeed))];
        DataPart[] parts = [.. names.Select((name, i) => ByHand(name, byHand)
            ?? (places[i] < options.Validation ? DataPart.Validation
                : places[i] < options.Validation + options.Test ? DataPart.Test : DataPart.Train))];
        if (byHand is null)
        {
            // Of few episodes a part can be left with none: then it gets the training episode nearest to it, until it has one of its own.
            Fill(DataPart.Validation, options.Validation);
            Fill(DataPart.Test, options.Test);
            Fill(DataPart.Train, 1);
        }
        return parts;

        void Fill(DataPart part, double share)
        {
            if (share == 0 || parts.Contains(part))
                return;
            DataPart from = part == DataPart.Train ? parts.MaxBy(p => parts.Count(q => q == p)) : DataPart.Train;
            int[] givers = [.. Enumerable.Range(0, parts.Length).Where(i => parts[i] == from)];
            if (givers.Length > 1 || part == DataPart.Train)
                parts[part == DataPart.Train ? givers.MaxBy(i => places[i]) : givers.MinBy(i => places[i])] = part;
        }
    }

    private static DataPart? ByHand(string name, DatasetSplit? split) =>
        split is null ? null
        : split.Train.Contains(name) ? DataPart.Train
        : split.Val.Contains(name) ? DataPart.Validation
        : split.Test.Contains(name) ? DataPart.Test
        : null;

    /// <summary>0 ≤ place &lt; 1, by FNV-1a of the name, spread by SplitMix64.</summary>
    private static double PlaceOf(string name, ulong seed)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
            hash = (hash ^ b) * 1099511628211;
        return (new SplitMix64(hash ^ SplitMix64.Mix(seed)).Next() >> 11) * Math.Pow(2, -53);
    }
}
