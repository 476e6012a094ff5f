using System.Text.Json;
using System.Text.Json.Serialization;
using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Vision.Boards;
using RobotWorldModel.Vision.Detection;
using RobotWorldModel.Vision.Solving;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>One view as views.json has it.</summary>
/// <param name="Picture">File name.</param>
/// <param name="Q">rad.</param>
/// <param name="Tcp">In the base: m, rotation vector rad.</param>
/// <param name="TcpOffset">TCP in the flange.</param>
internal sealed record StoredView(string Picture, double[] Q, double[] Tcp, double[] TcpOffset)
{
    [JsonIgnore]
    public Pose Flange => Pose.FromVector(new(Tcp)) * Pose.FromVector(new(TcpOffset)).Inverse;
}

/// <summary>views.json.</summary>
/// <param name="MountedOn">The camera: base or flange.</param>
internal sealed record StoredViews(
    string Cell, DateTimeOffset Started, CameraDescription Camera, string MountedOn, BoardSpec Board, IReadOnlyList<StoredView> Views);

/// <summary>
/// A folder of ROOT/calibrations with the pictures that a camera's place is found from: view_01.png as it was taken, view_01_corners.png
/// with what was found in it, and views.json with where the arm was.
/// </summary>
internal sealed class ViewFolder
{
    private const string FileName = "views.json";
    private static readonly JsonSerializerOptions s_json = new(ProtocolJson.Lenient) { WriteIndented = true };
    private readonly PngEncoder _png = new();
    private readonly List<StoredView> _views;
    private readonly StoredViews _head;

    private ViewFolder(string path, StoredViews stored) => (Path, _head, _views) = (path, stored, [.. stored.Views]);

    public string Path { get; }

    public StoredViews Stored => _head with { Views = _views };

    /// <exception cref="RobotException">It cannot be made (74).</exception>
    public static ViewFolder Create(string dataRoot, StoredViews head) =>
        Writing(() => new ViewFolder(CalibrationFolder.Create(dataRoot, $"camera-{head.Camera.Name}"), head));

    /// <exception cref="RobotException">There are no views, or their file is damaged.</exception>
    public static ViewFolder Open(string path)
    {
        string file = System.IO.Path.Combine(path, FileName);
        try
        {
            var stored = JsonSerializer.Deserialize<StoredViews>(File.ReadAllBytes(file), s_json);
            if (stored is not { Camera.Name: not null, Board: not null, Views: not null, MountedOn: "base" or "flange" }
                || stored.Views.Any(v => v is not { Picture: not null, Tcp.Length: 6, TcpOffset.Length: 6 }))
                throw new JsonException("something that it must have is missing");
            return new(path, stored);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new RobotException(ExitCode.Usage, $"{file}: cannot be used ({e.Message.TrimEnd('.')}); name a folder camera-… of "
                + $"ROOT/{CalibrationFolder.Name}");
        }
    }

    /// <summary>Keeps a picture with the arm's place and what is found in it.</summary>
    /// <exception cref="RobotException">The disk does not take it (74).</exception>
    public BoardView Add(CameraStill still, byte[] rgb, BoardDetector detector)
    {
        var view = new StoredView($"view_{_views.Count + 1:00}.png", still.Q, still.Tcp, still.TcpOffset);
        var corners = detector.Find(GrayImage.FromRgb(rgb, still.Width, still.Height));
        Writing(() =>
        {
            WritePng(view.Picture, rgb, still.Width, still.Height);
            CornerDrawing.Draw(rgb, still.Width, still.Height, corners);
            WritePng(view.Picture.Replace(".png", "_corners.png", StringComparison.Ordinal), rgb, still.Width, still.Height);
            _views.Add(view);
            Write(FileName, JsonSerializer.SerializeToUtf8Bytes(Stored, s_json));
            return 0;
        });
        return new(view.Flange, corners);
    }

    /// <summary>Finds the board in every picture again.</summary>
    /// <exception cref="RobotException">A picture is missing or damaged.</exception>
    public IReadOnlyList<BoardView> FindAgain(BoardDetector detector)
    {
        var png = new PngDecoder();
        var found = new List<BoardView>();
        foreach (var view in _views)
        {
            string file = System.IO.Path.Combine(Path, view.Picture);
            try
            {
                var picture = png.Decode(File.ReadAllBytes(file));
                found.Add(new(view.Flange, detector.Find(GrayImage.FromRgb(picture.Pixels.Span, picture.Width, picture.Height))));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new RobotException(ExitCode.FaultsFound, $"{file}: cannot be used ({e.Message.TrimEnd('.')})");
            }
        }
        return found;
    }

    private void WritePng(string name, ReadOnlySpan<byte> rgb, int width, int height) =>
        Write(name, _png.Encode(rgb, width, height).Span);

    private void Write(string name, ReadOnlySpan<byte> bytes)
    {
        string file = System.IO.Path.Combine(Path, name);
        File.WriteAllBytes(file, bytes);
        Libc.GiveToOwnerOf(Path, file);
    }

    private static T Writing<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RobotException(ExitCode.Disk, $"the views cannot be written: {e.Message}");
        }
    }
}
