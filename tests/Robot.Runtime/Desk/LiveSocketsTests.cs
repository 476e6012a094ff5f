using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text.Json;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Runtime.Tests.Desk.Fakes;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Desk;

public sealed class LiveSocketsTests : IAsyncLifetime
{
    private static readonly CancellationToken s_limit = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
    private DeskRig _rig = null!;

    public async Task InitializeAsync() => _rig = await DeskRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task StatusFlowsAndTellsOfARecording()
    {
        using ClientWebSocket socket = await OpenAsync("ws");
        JsonElement first = await StatusAsync(socket), second = await StatusAsync(socket);
        Assert.True(TimeOf(second) > TimeOf(first));
        await _rig.PostAsync("/api/record/start", """{"task":"pick the ball","source":"none"}""");
        JsonElement recording = await UntilAsync(socket, s => s.GetProperty("status").TryGetProperty("recording", out _));
        Assert.Equal("pick the ball", recording.GetProperty("status").GetProperty("recording").GetProperty("task").GetString());
    }

    [Fact]
    public async Task StatusTellsWhenCoreGoesAndComes()
    {
        using ClientWebSocket socket = await OpenAsync("ws");
        await _rig.StopCoreAsync();
        JsonElement away = await UntilAsync(socket, s => !s.GetProperty("core").GetProperty("connected").GetBoolean());
        Assert.NotEmpty(away.GetProperty("core").GetProperty("message").GetString()!);
        _rig.StartCore();
        await UntilAsync(socket, s => s.GetProperty("core").GetProperty("connected").GetBoolean());
    }

    [Fact]
    public async Task PicturesFlowEachOnceAndInOrder()
    {
        using ClientWebSocket socket = await OpenAsync("ws/preview/wrist");
        long last = -1;
        for (int n = 0; n < 20; n++)
        {
            (int width, int height, long sequence, int bytes) = await PictureAsync(socket);
            Assert.Equal((320, 240, 320 * 240 * 3), (width, height, bytes));
            Assert.True(sequence > last, $"{sequence} after {last}");
            last = sequence;
            await DrawnAsync(socket);
        }
    }

    [Fact]
    public async Task ASlowClientGetsTheNewestPicture()
    {
        using ClientWebSocket socket = await OpenAsync("ws/preview/scene");
        await PictureAsync(socket);
        (_, _, long second, _) = await PictureAsync(socket);
        // Nothing more comes before one of the two is drawn, however long that takes: core paints ten more meanwhile.
        Task<(int Width, int Height, long Sequence, int Bytes)> third = PictureAsync(socket);
        using PreviewSlot slot = PreviewSlot.Open(PreviewSlot.PathOf(_rig.Options.RuntimeFolder, FakeCore.Cell, "scene"));
        long now = 0;
        Eventually.True(() => (now = Newest(slot, now)) >= second + 10, "ten more pictures are painted");
        Assert.False(third.IsCompleted);
        await DrawnAsync(socket);
        Assert.True((await third).Sequence >= second + 10, "the newest comes, not the next of a queue");
    }

    [Fact]
    public async Task PicturesComeBackWhenCoreHasStartedAgain()
    {
        using ClientWebSocket socket = await OpenAsync("ws/preview/wrist");
        await PictureAsync(socket);
        await DrawnAsync(socket);
        await _rig.StopCoreAsync();
        FakeCore core = _rig.StartCore();
        await _rig.UntilAsync(s => s.GetProperty("core").GetProperty("connected").GetBoolean(), "core is found again");
        long sequence;
        do
        {
            (_, _, sequence, _) = await PictureAsync(socket);
            await DrawnAsync(socket);
        }
        while (sequence > core.Pictures); // what the first core had painted last
    }

    [Fact]
    public async Task WhatAModelImaginesIsAFilmThatRunsAhead()
    {
        using ClientWebSocket socket = await OpenAsync("ws/imagined/arm");
        Task<(int Width, int Height, long TimeNs, byte[] Rgb)> first = FilmAsync(socket);
        using var planner = new FakePlanner(_rig.Options.RuntimeFolder, ticks: 20);
        _rig.Core!.Mpc = FakePlanner.Status;
        var pictures = new Dictionary<long, byte[]>();
        var (width, height, timeNs, rgb) = await first;
        for (; pictures.Count < 12; (width, height, timeNs, rgb) = await FilmAsync(socket))
        {
            Assert.Equal((320, 240), (width, height));
            pictures[timeNs] = rgb;
            await DrawnAsync(socket);
        }
        // 24 steps of 1/30 s, every second one shown; the arm moves at up to 0.2 m/s, and one pixel is some 4 mm.
        Assert.All(pictures.Keys, ahead => Assert.InRange(ahead, 0, 24_000_000_000 / 30));
        Assert.True(pictures.Values.Distinct(new SameBytes()).Count() >= 8, "the imagined arm moves");
    }

    [Fact]
    public async Task WhatCannotBeImaginedIsSaid()
    {
        using var planner = new FakePlanner(_rig.Options.RuntimeFolder, ticks: 0);
        _rig.Core!.Mpc = FakePlanner.Status;
        Assert.Contains("does not see wrist_rgb", await ReasonAsync("ws/imagined/wrist_rgb"), StringComparison.Ordinal);
        _rig.Core!.Mpc = FakePlanner.Status with { Model = "/nowhere" };
        Assert.Contains("/nowhere", await ReasonAsync("ws/imagined/arm"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheDeskEndsWithPagesOpen()
    {
        using ClientWebSocket status = await OpenAsync("ws"), pictures = await OpenAsync("ws/preview/wrist");
        await StatusAsync(status);
        await PictureAsync(pictures);
        await _rig.Desk.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
    }

    private async Task<string> ReasonAsync(string path)
    {
        using ClientWebSocket socket = await OpenAsync(path);
        WebSocketReceiveResult end = await socket.ReceiveAsync(new byte[16], s_limit);
        Assert.Equal(WebSocketMessageType.Close, end.MessageType);
        return end.CloseStatusDescription!;
    }

    private static async Task<(int Width, int Height, long TimeNs, byte[] Rgb)> FilmAsync(ClientWebSocket socket)
    {
        byte[] message = new byte[24 + 320 * 240 * 3];
        int bytes = 0;
        WebSocketReceiveResult part;
        do
            bytes += (part = await socket.ReceiveAsync(new ArraySegment<byte>(message, bytes, message.Length - bytes), s_limit)).Count;
        while (!part.EndOfMessage);
        Assert.Equal(message.Length, bytes);
        return (BinaryPrimitives.ReadInt32LittleEndian(message), BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(4)),
            BinaryPrimitives.ReadInt64LittleEndian(message.AsSpan(16)), message[24..]);
    }

    private sealed class SameBytes : IEqualityComparer<byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] bytes)
        {
            var hash = new HashCode();
            hash.AddBytes(bytes);
            return hash.ToHashCode();
        }
    }

    private static long TimeOf(JsonElement desk) => desk.GetProperty("status").GetProperty("time_ns").GetInt64();

    private static long Newest(PreviewSlot slot, long last)
    {
        byte[] rgb = new byte[slot.CapacityBytes];
        return slot.TryRead(last, rgb, out _, out _, out long sequence, out _) ? sequence : last;
    }

    private async Task<ClientWebSocket> OpenAsync(string path)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{_rig.Port}/{path}"), s_limit);
        return socket;
    }

    private static Task DrawnAsync(ClientWebSocket socket) => socket.SendAsync("d"u8.ToArray(), WebSocketMessageType.Text, true, s_limit);

    private static async Task<JsonElement> UntilAsync(ClientWebSocket socket, Func<JsonElement, bool> fits)
    {
        while (true)
            if (await StatusAsync(socket) is var status && fits(status))
                return status;
    }

    private static async Task<JsonElement> StatusAsync(ClientWebSocket socket)
    {
        byte[] message = await ReceiveAsync(socket);
        return JsonDocument.Parse(message).RootElement;
    }

    private static async Task<(int Width, int Height, long Sequence, int Bytes)> PictureAsync(ClientWebSocket socket)
    {
        byte[] message = await ReceiveAsync(socket);
        return (BinaryPrimitives.ReadInt32LittleEndian(message), BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(4)),
            BinaryPrimitives.ReadInt64LittleEndian(message.AsSpan(8)), message.Length - 24);
    }

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket socket)
    {
        byte[] buffer = new byte[400_000];
        int count = 0;
        while (true)
        {
            ValueWebSocketReceiveResult part = await socket.ReceiveAsync(buffer.AsMemory(count), s_limit);
            Assert.NotEqual(WebSocketMessageType.Close, part.MessageType);
            count += part.Count;
            if (part.EndOfMessage)
                return buffer[..count];
        }
    }
}
