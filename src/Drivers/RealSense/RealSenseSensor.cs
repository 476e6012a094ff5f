namespace RobotWorldModel.Drivers.RealSense;

/// <summary>One way in which a sensor can stream.</summary>
/// <param name="Pointer">The library's, valid while the list that it is from is.</param>
internal readonly record struct RealSenseProfile(nint Pointer, RsStream Stream, RsFormat Format, int Fps, int Width, int Height);

/// <summary>The ways in which a sensor can stream.</summary>
internal sealed unsafe class RealSenseProfiles : RealSenseHandle
{
    private RealSenseProfiles(RealSenseLibrary library, nint pointer) : base(library, pointer, library.DeleteProfiles)
    {
    }

    public RealSenseProfile[] All { get; private set; } = [];

    public static RealSenseProfiles Of(RealSenseLibrary library, nint sensor)
    {
        nint error = 0;
        nint pointer = library.GetProfiles(sensor, &error);
        library.Check(error);
        var list = new RealSenseProfiles(library, pointer);
        try
        {
            int count = library.ProfileCount(pointer, &error);
            library.Check(error);
            list.All = new RealSenseProfile[count];
            for (int i = 0; i < count; i++)
                list.All[i] = list.Read(i);
            return list;
        }
        catch
        {
            list.Dispose();
            throw;
        }
    }

    /// <summary>Pinhole model and distortion of a picture.</summary>
    public RsIntrinsics Intrinsics(in RealSenseProfile profile)
    {
        nint error = 0;
        RsIntrinsics intrinsics;
        Library.Intrinsics(profile.Pointer, &intrinsics, &error);
        Library.Check(error);
        return intrinsics;
    }

    /// <summary>From a point in one stream's optical frame to the other's.</summary>
    public RsExtrinsics Extrinsics(in RealSenseProfile from, in RealSenseProfile to)
    {
        nint error = 0;
        RsExtrinsics extrinsics;
        Library.Extrinsics(from.Pointer, to.Pointer, &extrinsics, &error);
        Library.Check(error);
        return extrinsics;
    }

    private RealSenseProfile Read(int index)
    {
        nint error = 0;
        nint profile = Library.ProfileAt(Pointer, index, &error);
        Library.Check(error);
        int stream, format, number, id, fps, width = 0, height = 0;
        Library.ProfileData(profile, &stream, &format, &number, &id, &fps, &error);
        Library.Check(error);
        if ((RsStream)stream is RsStream.Depth or RsStream.Color) // an accelerometer's has no size, and asking is an error
        {
            Library.Resolution(profile, &width, &height, &error);
            Library.Check(error);
        }
        return new(profile, (RsStream)stream, (RsFormat)format, fps, width, height);
    }
}

/// <summary>One of a camera's sensors: the stereo module, the colour camera.</summary>
internal sealed unsafe class RealSenseSensor(RealSenseLibrary library, nint pointer)
    : RealSenseHandle(library, pointer, library.DeleteSensor)
{
    public bool IsDepth => Has(Library, Library.SensorIs, Pointer, (int)RsExtension.DepthSensor);

    /// <summary>Metres per unit of depth.</summary>
    public float DepthScale
    {
        get
        {
            nint error = 0;
            float scale = Library.DepthScale(Pointer, &error);
            Library.Check(error);
            return scale;
        }
    }

    public RealSenseProfiles Profiles() => RealSenseProfiles.Of(Library, Pointer);

    public void OpenStreams(ReadOnlySpan<RealSenseProfile> profiles)
    {
        nint* pointers = stackalloc nint[profiles.Length];
        for (int i = 0; i < profiles.Length; i++)
            pointers[i] = profiles[i].Pointer;
        nint error = 0;
        Library.Open(Pointer, pointers, profiles.Length, &error);
        Library.Check(error);
    }

    /// <param name="frame">Called on a thread of the library's; the frame is the callee's to release.</param>
    public void Start(delegate* unmanaged[Cdecl]<nint, nint, void> frame, nint user)
    {
        nint error = 0;
        Library.Start(Pointer, frame, user, &error);
        Library.Check(error);
    }

    /// <summary>Waits for callbacks to end.</summary>
    public void Stop()
    {
        nint error = 0;
        Library.Stop(Pointer, &error);
        Library.Check(error);
    }

    public void CloseStreams()
    {
        nint error = 0;
        Library.Close(Pointer, &error);
        Library.Check(error);
    }

    /// <param name="notify">Called on a thread of the library's; the notification stays the library's.</param>
    public void SetNotifications(delegate* unmanaged[Cdecl]<nint, nint, void> notify, nint user)
    {
        nint error = 0;
        Library.SetNotifications(Pointer, notify, user, &error);
        Library.Check(error);
    }

    /// <summary>It has the option, and it can be set.</summary>
    public bool CanSet(RsOption option) =>
        Has(Library, Library.SupportsOption, Pointer, (int)option) && !Has(Library, Library.OptionIsReadOnly, Pointer, (int)option);

    public void Set(RsOption option, float value)
    {
        nint error = 0;
        Library.SetOption(Pointer, (int)option, value, &error);
        Library.Check(error);
    }

    public (float Min, float Max, float Step) Range(RsOption option)
    {
        nint error = 0;
        float min, max, step, normal;
        Library.OptionRange(Pointer, (int)option, &min, &max, &step, &normal, &error);
        Library.Check(error);
        return (min, max, step);
    }

    /// <summary>What a value of an option is called: "High Accuracy"; empty where it has no name.</summary>
    public string NameOf(RsOption option, float value)
    {
        nint error = 0;
        nint text = Library.OptionValueText(Pointer, (int)option, value, &error);
        Library.Check(error);
        return RealSenseLibrary.Text(text);
    }
}
