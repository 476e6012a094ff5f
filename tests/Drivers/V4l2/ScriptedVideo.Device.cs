using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.V4l2;

namespace RobotWorldModel.Drivers.Tests.V4l2;

internal sealed partial class ScriptedVideo
{
    /// <summary>One opening of it.</summary>
    private sealed unsafe class Device(ScriptedVideo video) : IVideoDevice
    {
        private const int Invalid = 22, Again = 11, Gone = 19, NoIoctl = 25, IsBusy = 16;
        private readonly Dictionary<uint, nint> _mapped = [];
        private readonly HashSet<uint> _queued = [];
        private readonly Queue<uint> _order = [];
        private bool _formatted, _requested, _on, _woken, _closed;

        private static uint Bytes(ScriptedVideo v) => (v.Size.Width * 2 + v.Padding) * v.Size.Height;

        public string Serial => "4711";

        public int Call(uint request, void* argument)
        {
            lock (video._pictures)
            {
                Expect(!_closed, "a call on a closed device");
                if (video._gone)
                    return Gone;
                string name = NameOf(request);
                if (name is not ("DQBUF" or "QBUF") || !_on)
                    video.Note(name);
                if (video.Fails.TryGetValue(name, out int error))
                    return error;
                var at = new Span<byte>(argument, (int)(request >> 16 & 0x3FFF));
                return name switch
                {
                    "QUERYCAP" => Capability(at),
                    "ENUM_FMT" => EnumerateFormat(at),
                    "S_FMT" => SetFormat(at),
                    "REQBUFS" => Request(at),
                    "QUERYBUF" => Query(at),
                    "QBUF" => Queue(at),
                    "DQBUF" => Dequeue(at),
                    "STREAMON" => On(at),
                    "STREAMOFF" => Off(at),
                    "S_PARM" => SetPeriod(at),
                    "G_CTRL" => GetControl(at),
                    "S_CTRL" => SetControl(at),
                    "QUERYCTRL" => QueryControl(at),
                    "ENUM_FRAMESIZES" => EnumerateSize(at),
                    _ => NoIoctl,
                };
            }
        }

        private static string NameOf(uint request) => request switch
        {
            0x80685600 => "QUERYCAP",
            0xC0405602 => "ENUM_FMT",
            0xC0D05605 => "S_FMT",
            0xC0145608 => "REQBUFS",
            0xC0585609 => "QUERYBUF",
            0xC058560F => "QBUF",
            0xC0585611 => "DQBUF",
            0x40045612 => "STREAMON",
            0x40045613 => "STREAMOFF",
            0xC0CC5616 => "S_PARM",
            0xC008561B => "G_CTRL",
            0xC008561C => "S_CTRL",
            0xC0445624 => "QUERYCTRL",
            0xC02C564A => "ENUM_FRAMESIZES",
            _ => $"ioctl {request:x}",
        };

        private int Capability(Span<byte> at)
        {
            at.Clear();
            "uvcvideo"u8.CopyTo(at);
            Encoding.UTF8.GetBytes(video.Card, at[16..]);
            "usb-0000:00:14.0-1"u8.CopyTo(at[48..]);
            Write(at, 80, 0x060136);
            Write(at, 84, 0x84A00001); // of all nodes of the camera together
            Write(at, 88, video.DeviceCaps);
            return 0;
        }

        private int SetFormat(Span<byte> at)
        {
            Expect(Read(at, 0) == 1, "a format of another type than capture");
            if (_requested)
                return IsBusy;
            _formatted = true;
            Write(at, 8, video.Size.Width);
            Write(at, 12, video.Size.Height);
            Write(at, 16, video.Format);
            Write(at, 20, 1);
            Write(at, 24, video.Format == 0x56595559 ? video.Size.Width * 2 + video.Padding : 0);
            Write(at, 28, Bytes(video));
            return 0;
        }

        private int EnumerateFormat(Span<byte> at)
        {
            uint[] formats = [0x47504A4D, 0x20363159];
            if (Read(at, 0) >= formats.Length)
                return Invalid;
            Write(at, 44, formats[Read(at, 0)]);
            return 0;
        }

        private int EnumerateSize(Span<byte> at)
        {
            (uint, uint)[] sizes = [(640, 480), (1280, 720)];
            if (Read(at, 0) >= sizes.Length)
                return Invalid;
            var (width, height) = sizes[Read(at, 0)];
            Write(at, 8, 1);
            Write(at, 12, width);
            Write(at, 16, height);
            return 0;
        }

        private int SetPeriod(Span<byte> at)
        {
            Expect(_formatted, "a rate before the format, which it depends on");
            Write(at, 4, 0x1000);
            Write(at, 12, video.Period.Numerator);
            Write(at, 16, video.Period.Denominator);
            return 0;
        }

        private int Request(Span<byte> at)
        {
            Expect(_formatted, "buffers before the format");
            Expect(Read(at, 4) == 1 && Read(at, 8) == 1, "buffers other than mapped ones for capture");
            _requested = true;
            Write(at, 0, video.Buffers);
            return 0;
        }

        private int Query(Span<byte> at)
        {
            if (!_requested || Read(at, 0) >= video.Buffers || Read(at, 4) != 1)
                return Invalid;
            Write(at, 64, Read(at, 0) * 4096);
            Write(at, 72, Bytes(video));
            return 0;
        }

        public int Map(uint bytes, uint offset, out byte* address)
        {
            lock (video._pictures)
            {
                video.Note("mmap");
                address = null;
                if (video.Fails.TryGetValue("mmap", out int error))
                    return error;
                Expect(bytes == Bytes(video) && offset % 4096 == 0 && !_mapped.ContainsKey(offset), "a mapping that was not offered");
                address = (byte*)NativeMemory.AllocZeroed(bytes);
                _mapped[offset] = (nint)address;
                return 0;
            }
        }

        public void Unmap(byte* address, uint bytes)
        {
            lock (video._pictures)
            {
                video.Note("munmap");
                var mapped = _mapped.FirstOrDefault(m => m.Value == (nint)address, new(uint.MaxValue, 0));
                Expect(bytes == Bytes(video) && _mapped.Remove(mapped.Key), "unmapped what was not mapped");
                NativeMemory.Free(address);
            }
        }

        private int Queue(Span<byte> at)
        {
            uint index = Read(at, 0);
            if (!_requested || index >= video.Buffers || Read(at, 4) != 1 || Read(at, 60) != 1 || !_queued.Add(index))
                return Invalid;
            Expect(_mapped.ContainsKey(index * 4096), "a buffer that is not mapped is queued");
            _order.Enqueue(index);
            return 0;
        }

        private int On(Span<byte> at)
        {
            Expect(Read(at, 0) == 1 && _queued.Count == video.Buffers, "the stream is started before all buffers are queued");
            _on = true;
            return 0;
        }

        private int Off(Span<byte> at)
        {
            Expect(Read(at, 0) == 1 && _on, "the stream is stopped that was not started");
            _on = false;
            return 0;
        }

        private int Dequeue(Span<byte> at)
        {
            if (Read(at, 4) != 1 || Read(at, 60) != 1)
                return Invalid;
            if (!_on || _order.Count == 0 || video._pictures.Count == 0)
                return Again;
            ScriptedPicture picture = video._pictures.Dequeue();
            uint index = _order.Dequeue();
            _queued.Remove(index);
            picture.Bytes.AsSpan(0, Math.Min(picture.Bytes.Length, (int)Bytes(video)))
                .CopyTo(new Span<byte>((void*)_mapped[index * 4096], (int)Bytes(video)));
            long stamp = picture.StampNs ?? HostClock.NowNs;
            Write(at, 0, index);
            Write(at, 8, picture.Claims ?? (uint)picture.Bytes.Length);
            Write(at, 12, picture.Flags);
            BinaryPrimitives.WriteInt64LittleEndian(at[24..], stamp / 1_000_000_000);
            BinaryPrimitives.WriteInt64LittleEndian(at[32..], stamp % 1_000_000_000 / 1000);
            Write(at, 56, picture.Sequence);
            Write(at, 64, index * 4096);
            Write(at, 72, Bytes(video));
            return 0;
        }

        private int QueryControl(Span<byte> at)
        {
            if (!video.Controls.TryGetValue(Read(at, 0), out var control))
                return Invalid;
            Write(at, 40, (uint)control.Min);
            Write(at, 44, (uint)control.Max);
            Write(at, 48, (uint)control.Step);
            Write(at, 56, control.Flags);
            return 0;
        }

        private int GetControl(Span<byte> at)
        {
            if (!video.Controls.TryGetValue(Read(at, 0), out var control))
                return Invalid;
            Write(at, 4, (uint)control.Value);
            return 0;
        }

        private int SetControl(Span<byte> at)
        {
            uint id = Read(at, 0);
            if (!video.Controls.TryGetValue(id, out var control))
                return Invalid;
            int value = (int)Read(at, 4);
            if (value < control.Min || value > control.Max)
                return 34; // ERANGE
            if (!video.Stubborn.Contains(id))
                video.Controls[id] = control with { Value = value };
            return 0;
        }

        public int Wait(int timeoutMs, out bool ready)
        {
            lock (video._pictures)
            {
                ready = false;
                if (video.Fails.TryGetValue("poll", out int error))
                    return error;
                while (!_woken && !video._silent && !video._gone && (video._pictures.Count == 0 || _order.Count == 0))
                    if (!Monitor.Wait(video._pictures, timeoutMs))
                        return 0;
                ready = !_woken && !video._silent;
                video._silent = false;
                return 0;
            }
        }

        public void Wake()
        {
            lock (video._pictures)
            {
                _woken = true;
                Monitor.PulseAll(video._pictures);
            }
        }

        public void Dispose()
        {
            lock (video._pictures)
            {
                video.Note("close");
                Expect(!_closed, "closed twice");
                Expect(_mapped.Count == 0, $"{_mapped.Count} mappings left behind");
                Expect(!_on || video._gone, "closed while it streams");
                _closed = true;
                video.Open--;
                foreach (nint address in _mapped.Values)
                    NativeMemory.Free((void*)address);
            }
        }

        private void Expect(bool right, string wrong)
        {
            if (!right)
                video._wrongs.Add(wrong);
        }

        private static uint Read(Span<byte> at, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(at[offset..]);

        private static void Write(Span<byte> at, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(at[offset..], value);
    }
}
