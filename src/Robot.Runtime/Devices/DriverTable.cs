using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Devices;

/// <summary>One driver that a section of the config may name.</summary>
/// <param name="Name">As in the config.</param>
/// <param name="Needs">Keys of the section that must be given.</param>
/// <param name="Takes">Keys that may be given besides, and those that every driver of the table takes.</param>
/// <param name="Address">What only one service may use at a time, for its lock; null where any number may.</param>
/// <param name="Create">Null: it is a part of another device.</param>
internal sealed record Driver<TSection, TDevice>(
    string Name, string[] Needs, string[] Takes, Func<TSection, string?> Address, Func<TSection, TDevice>? Create);

/// <summary>The drivers of one kind of device: a new one is a line here, and its keys in the section.</summary>
/// <param name="common">Keys that mean the same to every one.</param>
internal sealed class DriverTable<TSection, TDevice>(string[] common, Driver<TSection, TDevice>[] drivers)
{
    public Driver<TSection, TDevice> this[string name] => drivers.First(d => d.Name == name);

    /// <summary>What does not fit the driver that a section names.</summary>
    /// <param name="given">The section's keys in the file.</param>
    public IEnumerable<SectionError> Check(string driver, IReadOnlySet<string> given)
    {
        if (drivers.FirstOrDefault(d => d.Name == driver) is not { } named)
        {
            yield return new("driver", $": {driver}", $"is not known; use {string.Join(", ", drivers.Select(d => d.Name))}");
            yield break;
        }
        foreach (string key in named.Needs)
            if (!given.Contains(key))
                yield return new(key, "", "is missing");
        string[] takes = ["driver", .. named.Needs, .. named.Takes, .. common];
        foreach (string key in given)
            if (!takes.Contains(key))
                yield return new(key, "", $"means nothing to {driver}, which takes {string.Join(", ", takes.Skip(1))}");
    }
}
