using System.Buffers.Binary;
using System.Text;
using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>A package of the client interfaces while it is written: a buffer that is used again, and where the next value goes.</summary>
internal abstract class BigEndianPackage
{
    protected readonly byte[] Bytes = new byte[4096];

    protected int At { get; set; }

    protected void Byte(int value) => Bytes[At++] = unchecked((byte)value);

    protected void Int(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(Bytes.AsSpan(At), value);
        At += 4;
    }

    protected void ULong(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Bytes.AsSpan(At), value);
        At += 8;
    }

    protected void Float(float value)
    {
        BinaryPrimitives.WriteSingleBigEndian(Bytes.AsSpan(At), value);
        At += 4;
    }

    protected void Double(double value)
    {
        BinaryPrimitives.WriteDoubleBigEndian(Bytes.AsSpan(At), value);
        At += 8;
    }

    protected void Vector(in Vector6 v)
    {
        for (int i = 0; i < 6; i++)
            Double(v[i]);
    }

    /// <summary>Up to 255 letters behind their number.</summary>
    protected void Short(string text)
    {
        int count = Math.Min(text.Length, 255);
        Byte(count);
        Text(text[..count]);
    }

    /// <summary>The rest of the package; what a script says is cut at 2000 letters.</summary>
    protected void Text(string text) => At += Encoding.Latin1.GetBytes(text.AsSpan(0, Math.Min(text.Length, 2000)), Bytes.AsSpan(At));
}
