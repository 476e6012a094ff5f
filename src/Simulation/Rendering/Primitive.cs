using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Physics;
using RobotWorldModel.Vision.Boards;

namespace RobotWorldModel.Simulation.Rendering;

/// <summary>
/// A shape as the renderer holds it: what never changes, and, for the frame in hand, camera and light in its local frame.
/// </summary>
internal struct Primitive
{
    public ShapeKind Kind;

    /// <summary>As <see cref="Shape.Size"/>, m.</summary>
    public float A, B, C;

    public int Body;
    public Pose Local;

    /// <summary>Linear light, 0..1.</summary>
    public float Red, Green, Blue;

    /// <summary>Squares per metre; 0 for none.</summary>
    public float Checker;

    /// <summary>On a box's upper side; null for nothing.</summary>
    public CalibrationBoard? Print;

    public bool CastsShadow;

    /// <summary>In the base frame.</summary>
    public Pose Pose;

    /// <summary>The camera's origin and axes in local coordinates; a pixel's ray is u·X + v·Y + Z.</summary>
    public Float3 Origin, X, Y, Z;

    /// <summary>Towards the light, and upwards.</summary>
    public Float3 Light, Up;

    /// <summary>Pixels that it may cover: x from a multiple of 8, ends exclusive.</summary>
    public int X0, X1, Y0, Y1;

    private const double Near = 0.02;

    // Corners by bits x, y, z; edges join corners that differ in one bit.
    private static ReadOnlySpan<byte> Edges => [0, 1, 2, 3, 4, 5, 6, 7, 0, 2, 1, 3, 4, 6, 5, 7, 0, 4, 1, 5, 2, 6, 3, 7];

    public static Primitive Create(Shape shape, int body)
    {
        Vec3 half = HalfBox(shape);
        return new()
        {
            Kind = shape.Kind,
            A = (float)shape.Size.X,
            B = (float)shape.Size.Y,
            C = (float)shape.Size.Z,
            Body = body,
            Local = shape.Local,
            Red = Linear(shape.Color >> 16),
            Green = Linear(shape.Color >> 8),
            Blue = Linear(shape.Color),
            Checker = (float)shape.Checker,
            Print = shape.Print,
            // Marks on a surface throw none: the shadow map could not tell them from the surface.
            CastsShadow = shape.Kind != ShapeKind.Plane && Math.Min(half.X, Math.Min(half.Y, half.Z)) > 0.0015,
        };
    }

    public readonly Vec3 HalfExtents => Kind switch
    {
        ShapeKind.Box => new(A, B, C),
        ShapeKind.Cylinder => new(A, A, B),
        _ => new(A, A, A),
    };

    public void Prepare(in Pose body, in Pose camera, Vec3 light)
    {
        Pose = body * Local;
        Pose view = Pose.Inverse * camera;
        Origin = new(view.Position);
        X = new(view.Rotation.Rotate(Vec3.UnitX));
        Y = new(view.Rotation.Rotate(Vec3.UnitY));
        Z = new(view.Rotation.Rotate(Vec3.UnitZ));
        Quat toLocal = Pose.Rotation.Inverse;
        Light = new(toLocal.Rotate(light));
        Up = new(toLocal.Rotate(Vec3.UnitZ));
    }

    /// <summary>Finds the pixels that its bounding box may cover, cut off just in front of the camera.</summary>
    public void Project(in Pose camera, CameraModel model)
    {
        (X0, X1, Y0, Y1) = (0, model.Width, 0, model.Height);
        if (Kind == ShapeKind.Plane)
            return;
        Pose inCamera = camera.Inverse * Pose;
        Vec3 half = HalfExtents;
        Span<Vec3> corners = stackalloc Vec3[8];
        for (int i = 0; i < 8; i++)
        {
            Vec3 corner = new((i & 1) == 0 ? -half.X : half.X, (i & 2) == 0 ? -half.Y : half.Y, (i & 4) == 0 ? -half.Z : half.Z);
            corners[i] = inCamera.Transform(corner);
        }
        double left = double.MaxValue, right = double.MinValue, top = double.MaxValue, bottom = double.MinValue;
        for (int e = 0; e < Edges.Length; e += 2)
        {
            Vec3 a = corners[Edges[e]], b = corners[Edges[e + 1]];
            if (a.Z < Near && b.Z < Near)
                continue;
            if (a.Z < Near)
                a += (b - a) * ((Near - a.Z) / (b.Z - a.Z));
            else if (b.Z < Near)
                b += (a - b) * ((Near - b.Z) / (a.Z - b.Z));
            double ua = a.X / a.Z, ub = b.X / b.Z, va = a.Y / a.Z, vb = b.Y / b.Z;
            (left, right) = (Math.Min(left, Math.Min(ua, ub)), Math.Max(right, Math.Max(ua, ub)));
            (top, bottom) = (Math.Min(top, Math.Min(va, vb)), Math.Max(bottom, Math.Max(va, vb)));
        }
        X0 = Clamp(model.Cx + model.Fx * left - 1, X1) & ~7;
        X1 = Clamp(model.Cx + model.Fx * right + 2, X1);
        Y0 = Clamp(model.Cy + model.Fy * top - 1, Y1);
        Y1 = Clamp(model.Cy + model.Fy * bottom + 2, Y1);
    }

    private static int Clamp(double value, int max) => (int)Math.Clamp(value, 0, max);

    private static Vec3 HalfBox(Shape shape) => shape.Kind switch
    {
        ShapeKind.Box => shape.Size,
        ShapeKind.Cylinder => new(shape.Size.X, shape.Size.X, shape.Size.Y),
        _ => new(shape.Size.X, shape.Size.X, shape.Size.X),
    };

    // sRGB is close to a square root: light adds up in squares.
    private static float Linear(uint channel) => (channel & 255) / 255f * ((channel & 255) / 255f);
}

internal readonly struct Float3(Vec3 v)
{
    public readonly float X = (float)v.X, Y = (float)v.Y, Z = (float)v.Z;
}
