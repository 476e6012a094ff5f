using System.ComponentModel.DataAnnotations;
using System.Net;
using RobotWorldModel.Drivers.Serial;

namespace RobotWorldModel.Runtime.Configuration;

/// <summary>A section whose keys depend on each other.</summary>
internal interface ICheckedSection
{
    /// <param name="given">The keys that the file gives.</param>
    IEnumerable<SectionError> Check(IReadOnlySet<string> given);
}

/// <summary>Said as: 'section.key{Value}' {Message}, with the key's line, or the section's where the key is absent.</summary>
internal readonly record struct SectionError(string Key, string Value, string Message);

/// <summary>May be absent, but not empty.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NotEmptyAttribute : ValidationAttribute
{
    public override bool IsValid(object? value) => value is string text && !string.IsNullOrWhiteSpace(text);
}

/// <summary>A host by itself: a name or an address, without scheme, port or path.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class HostAttribute : ValidationAttribute
{
    public HostAttribute() => ErrorMessage = "must be a host's name or address alone, e.g. 192.168.1.100";

    public override bool IsValid(object? value) => value is "" // that it is empty is said already
        || value is string text && Uri.CheckHostName(text) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6;
}

/// <summary>Where a device of a serial line is: <see cref="PortAddress"/>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PortAttribute : ValidationAttribute
{
    public PortAttribute() => ErrorMessage = $"must be {PortAddress.Forms}";

    public override bool IsValid(object? value) => value is string text && PortAddress.Parse(text) is not null;
}

/// <summary>An address of this machine and a port, as a person writes them.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ListenAddressAttribute : ValidationAttribute
{
    public ListenAddressAttribute() => ErrorMessage = "must be an IP address and a port (1 to 65535), e.g. 127.0.0.1:8080";

    public override bool IsValid(object? value) => value is string text && Parse(text) is { Port: > 0 };

    /// <summary>127.0.0.1:8080, [::1]:8080, localhost:8080; null for anything else.</summary>
    public static IPEndPoint? Parse(string text)
    {
        if (text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase))
            text = $"{IPAddress.Loopback}{text[9..]}";
        return text.Contains(':') && IPEndPoint.TryParse(text, out IPEndPoint? endPoint) ? endPoint : null;
    }
}

/// <summary>A number with so many decimals at most.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DecimalsAttribute : ValidationAttribute
{
    public DecimalsAttribute(int most) => (Most, ErrorMessage) = (most, $"has more than {most} decimals");

    public int Most { get; }

    public override bool IsValid(object? value) => value is double number && Math.Round(number, Most) == number;
}
