using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.FrameSocket;

/// <summary>What a message carries.</summary>
public enum FrameKind : ushort
{
    /// <summary>JSON about the camera; the first message, once.</summary>
    Hello = 0,

    /// <summary>RGB8.</summary>
    Color = 1,

    /// <summary>Z16, little-endian.</summary>
    Depth = 2,
}

/// <summary>The 40 bytes before each payload; docs/frame-socket.md has them to the byte.</summary>
/// <param name="Sequence">The frameset's number: the same for colour and depth of one capture.</param>
/// <param name="DeviceNs">When the camera captured it, on the camera's own clock.</param>
public readonly record struct FrameHeader(FrameKind Kind, ulong Sequence, long DeviceNs, int Width, int Height, int PayloadBytes)
{
    public const int Bytes = 40;
    public const ushort Version = 1;

    private const uint Magic = 0x464D5752; // "RWMF"

    public void Write(Span<byte> into)
    {
        into[..Bytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(into, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(into[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(into[6..], (ushort)Kind);
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(into[16..], DeviceNs);
        BinaryPrimitives.WriteUInt32LittleEndian(into[24..], (uint)Width);
        BinaryPrimitives.WriteUInt32LittleEndian(into[28..], (uint)Height);
        BinaryPrimitives.WriteUInt32LittleEndian(into[32..], (uint)PayloadBytes);
    }

    /// <summary>Reads a header and checks all that can be checked without the hello.</summary>
    /// <exception cref="InvalidDataException">Says which field is impossible.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> from)
    {
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(from);
        if (magic != Magic)
            throw new InvalidDataException($"a message begins with 0x{magic:X8} instead of \"RWMF\"");
        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(from[4..]);
        if (version != Version)
            throw new InvalidDataException($"it speaks version {version} of the frame socket, this program speaks {Version}");
        ushort kind = BinaryPrimitives.ReadUInt16LittleEndian(from[6..]);
        if (kind > (ushort)FrameKind.Depth)
            throw new InvalidDataException($"a message of kind {kind} (0 hello, 1 colour, 2 depth)");
        ulong sequence = BinaryPrimitives.ReadUInt64LittleEndian(from[8..]);
        uint width = BinaryPrimitives.ReadUInt32LittleEndian(from[24..]), height = BinaryPrimitives.ReadUInt32LittleEndian(from[28..]);
        uint payload = BinaryPrimitives.ReadUInt32LittleEndian(from[32..]);
        if (sequence > long.MaxValue || width > int.MaxValue || height > int.MaxValue || payload > int.MaxValue)
            throw new InvalidDataException($"impossible numbers in a header (sequence {sequence}, {width}x{height}, {payload} bytes)");
        return new((FrameKind)kind, sequence, BinaryPrimitives.ReadInt64LittleEndian(from[16..]), (int)width, (int)height, (int)payload);
    }
}

/// <summary>What a camera says of itself before its first picture.</summary>
/// <param name="ClockDomain">Whose clock the stamps are on, in a word: camera, host …</param>
/// <param name="Session">Drawn anew at each start of the camera process; the same: sequence and clock run on. Empty: unknown.</param>
/// <param name="DepthScale">Metres per depth unit; 0 without depth.</param>
public sealed record FrameHello(
    string Model, string Serial, double RateHz, string ClockDomain, string Session, CameraIntrinsics Color, CameraIntrinsics? Depth,
    double DepthScale)
{
    public const int LongestBytes = 64 * 1024;

    private const int LargestSide = 8192;

    public byte[] ToJson()
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("model", Model);
            json.WriteString("serial", Serial);
            json.WriteNumber("rate_hz", RateHz);
            json.WriteString("clock_domain", ClockDomain);
            json.WriteString("session", Session);
            Write(json, "color", Color);
            if (Depth is not null)
            {
                Write(json, "depth", Depth);
                json.WriteNumber("depth_scale", DepthScale);
            }
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    /// <exception cref="InvalidDataException">Not JSON, or a field is missing or out of range; says which.</exception>
    public static FrameHello Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            bool hasDepth = root.TryGetProperty("depth", out JsonElement depth) && depth.ValueKind != JsonValueKind.Null;
            var hello = new FrameHello(
                Text(root, "model"), Text(root, "serial"), root.GetProperty("rate_hz").GetDouble(), Text(root, "clock_domain"),
                root.TryGetProperty("session", out JsonElement session) ? session.GetString() ?? "" : "",
                Intrinsics(root.GetProperty("color"), "color"), hasDepth ? Intrinsics(depth, "depth") : null,
                hasDepth ? root.GetProperty("depth_scale").GetDouble() : 0);
            if (hello.RateHz is not (> 0 and <= 1000))
                throw new InvalidDataException($"its hello has rate_hz {hello.RateHz}; it must be above 0 and at most 1000");
            if (hasDepth && hello.DepthScale is not (> 0 and < 1))
                throw new InvalidDataException($"its hello has depth_scale {hello.DepthScale}; it must be metres per unit, e.g. 0.001");
            return hello;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            string shown = Encoding.UTF8.GetString(json.Span[..Math.Min(json.Length, 60)]);
            throw new InvalidDataException($"its hello is not as docs/frame-socket.md says ({e.Message}): {shown}");
        }
    }

    private static string Text(JsonElement root, string name) =>
        root.GetProperty(name).GetString() ?? throw new InvalidDataException($"its hello has null for {name}");

    private static CameraIntrinsics Intrinsics(JsonElement at, string name)
    {
        int width = at.GetProperty("width").GetInt32(), height = at.GetProperty("height").GetInt32();
        if (width is < 1 or > LargestSide || height is < 1 or > LargestSide)
            throw new InvalidDataException($"its hello has {name} of {width}x{height}; sides must be 1 to {LargestSide} pixels");
        double[] distortion = at.TryGetProperty("distortion", out JsonElement list)
            ? [.. list.EnumerateArray().Select(d => d.GetDouble())]
            : [];
        return new(width, height, Number(at, "fx"), Number(at, "fy"), Number(at, "cx"), Number(at, "cy"), distortion);
    }

    /// <summary>Null where nobody has measured it.</summary>
    private static double Number(JsonElement at, string name) =>
        at.GetProperty(name) is { ValueKind: not JsonValueKind.Null } value ? value.GetDouble() : double.NaN;

    private static void Write(Utf8JsonWriter json, string name, CameraIntrinsics intrinsics)
    {
        json.WriteStartObject(name);
        json.WriteNumber("width", intrinsics.Width);
        json.WriteNumber("height", intrinsics.Height);
        json.WriteNumber("fx", intrinsics.Fx);
        json.WriteNumber("fy", intrinsics.Fy);
        json.WriteNumber("cx", intrinsics.Cx);
        json.WriteNumber("cy", intrinsics.Cy);
        json.WriteStartArray("distortion");
        foreach (double d in intrinsics.Distortion)
            json.WriteNumberValue(d);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
