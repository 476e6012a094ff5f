using System.Runtime.InteropServices;
using unsafe Call = delegate* unmanaged[Cdecl]<nint, nint*, void>;
using unsafe Delete = delegate* unmanaged[Cdecl]<nint, void>;
using unsafe GetDouble = delegate* unmanaged[Cdecl]<nint, nint*, double>;
using unsafe GetFloat = delegate* unmanaged[Cdecl]<nint, nint*, float>;
using unsafe GetInt = delegate* unmanaged[Cdecl]<nint, nint*, int>;
using unsafe GetLong = delegate* unmanaged[Cdecl]<nint, nint*, ulong>;
using unsafe GetPointer = delegate* unmanaged[Cdecl]<nint, nint*, nint>;
using unsafe IntOf = delegate* unmanaged[Cdecl]<nint, int, nint*, int>;
using unsafe LongOf = delegate* unmanaged[Cdecl]<nint, int, nint*, long>;
using unsafe PointerOf = delegate* unmanaged[Cdecl]<nint, int, nint*, nint>;
using unsafe Read = delegate* unmanaged[Cdecl]<nint, nint>;
using unsafe ReadInt = delegate* unmanaged[Cdecl]<nint, int>;
using unsafe SetCallback = delegate* unmanaged[Cdecl]<nint, void*, nint, nint*, void>;

namespace RobotWorldModel.Drivers.RealSense;

/// <summary>
/// The functions of librealsense2 that the driver calls, looked up at run time: without the library all else works. Every one is in 2.50
/// and has kept its signature since, so that API version 2.50 is asked for and any library from there on is taken.
/// </summary>
internal sealed unsafe class RealSenseLibrary
{
    private const int OldestApi = 25000, NewestMinor = 58, OldestMinor = 50;
    private static readonly Dictionary<string, RealSenseLibrary> s_loaded = [];

    public readonly delegate* unmanaged[Cdecl]<int, nint*, nint> CreateContext;
    public readonly Delete DeleteContext, DeleteDeviceList, DeleteDevice, DeleteSensorList, DeleteSensor, DeleteProfiles, ReleaseFrame;
    public readonly SetCallback SetDevicesChanged, Start, SetNotifications;
    public readonly GetPointer QueryDevices, QuerySensors, GetProfiles, FrameData, FrameProfile, NotificationText;
    public readonly PointerOf CreateDevice, CreateSensor, ProfileAt, DeviceInfo;
    public readonly GetInt DeviceCount, SensorCount, ProfileCount, FrameWidth, FrameHeight, FrameStride, FrameDomain;
    public readonly IntOf SupportsInfo, SensorIs, DeviceIs, SupportsOption, OptionIsReadOnly, SupportsMetadata;
    public readonly delegate* unmanaged[Cdecl]<nint, nint, nint*, int> Contains;
    public readonly Call HardwareReset, Close, Stop;
    public readonly delegate* unmanaged[Cdecl]<nint, nint*, int, nint*, void> Open;
    public readonly GetFloat DepthScale;
    public readonly delegate* unmanaged[Cdecl]<nint, int*, int*, int*, int*, int*, nint*, void> ProfileData;
    public readonly delegate* unmanaged[Cdecl]<nint, int*, int*, nint*, void> Resolution;
    public readonly delegate* unmanaged[Cdecl]<nint, RsIntrinsics*, nint*, void> Intrinsics;
    public readonly delegate* unmanaged[Cdecl]<nint, nint, RsExtrinsics*, nint*, void> Extrinsics;
    public readonly delegate* unmanaged[Cdecl]<nint, int, float, nint*, void> SetOption;
    public readonly delegate* unmanaged[Cdecl]<nint, int, float*, float*, float*, float*, nint*, void> OptionRange;
    public readonly delegate* unmanaged[Cdecl]<nint, int, float, nint*, nint> OptionValueText;
    public readonly GetDouble FrameTimestamp;
    public readonly GetLong FrameNumber;
    public readonly LongOf Metadata;

    /// <summary>Advanced mode is not in every build; null where it is not.</summary>
    public readonly delegate* unmanaged[Cdecl]<nint, int*, nint*, void> AdvancedModeEnabled;
    public readonly delegate* unmanaged[Cdecl]<nint, int, nint*, void> ToggleAdvancedMode;
    public readonly delegate* unmanaged[Cdecl]<nint, void*, uint, nint*, void> LoadJson;

    private readonly nint _library;
    private readonly Read _errorText, _errorFunction;
    private readonly ReadInt _errorKind;
    private readonly Delete _freeError;

    private RealSenseLibrary(string path, nint library)
    {
        (Path, _library) = (path, library);
        _errorText = (Read)Find("rs2_get_error_message");
        _errorFunction = (Read)Find("rs2_get_failed_function");
        _errorKind = (ReadInt)Find("rs2_get_librealsense_exception_type");
        _freeError = (Delete)Find("rs2_free_error");
        int api;
        nint error = 0;
        api = ((delegate* unmanaged[Cdecl]<nint*, int>)Find("rs2_get_api_version"))(&error);
        Check(error);
        Version = $"{api / 10000}.{api / 100 % 100}.{api % 100}";
        if (api < OldestApi)
            throw new DllNotFoundException($"{path} is librealsense {Version}; 2.50 or later is needed (docs/realsense.md)");

        CreateContext = (delegate* unmanaged[Cdecl]<int, nint*, nint>)Find("rs2_create_context");
        DeleteContext = (Delete)Find("rs2_delete_context");
        SetDevicesChanged = (SetCallback)Find("rs2_set_devices_changed_callback");
        QueryDevices = (GetPointer)Find("rs2_query_devices");
        DeviceCount = (GetInt)Find("rs2_get_device_count");
        CreateDevice = (PointerOf)Find("rs2_create_device");
        Contains = (delegate* unmanaged[Cdecl]<nint, nint, nint*, int>)Find("rs2_device_list_contains");
        DeleteDeviceList = (Delete)Find("rs2_delete_device_list");
        DeleteDevice = (Delete)Find("rs2_delete_device");
        SupportsInfo = (IntOf)Find("rs2_supports_device_info");
        DeviceInfo = (PointerOf)Find("rs2_get_device_info");
        DeviceIs = (IntOf)Find("rs2_is_device_extendable_to");
        HardwareReset = (Call)Find("rs2_hardware_reset");
        AdvancedModeEnabled = (delegate* unmanaged[Cdecl]<nint, int*, nint*, void>)FindOptional("rs2_is_enabled");
        ToggleAdvancedMode = (delegate* unmanaged[Cdecl]<nint, int, nint*, void>)FindOptional("rs2_toggle_advanced_mode");
        LoadJson = (delegate* unmanaged[Cdecl]<nint, void*, uint, nint*, void>)FindOptional("rs2_load_json");
        QuerySensors = (GetPointer)Find("rs2_query_sensors");
        SensorCount = (GetInt)Find("rs2_get_sensors_count");
        CreateSensor = (PointerOf)Find("rs2_create_sensor");
        DeleteSensorList = (Delete)Find("rs2_delete_sensor_list");
        DeleteSensor = (Delete)Find("rs2_delete_sensor");
        SensorIs = (IntOf)Find("rs2_is_sensor_extendable_to");
        DepthScale = (GetFloat)Find("rs2_get_depth_scale");
        GetProfiles = (GetPointer)Find("rs2_get_stream_profiles");
        ProfileCount = (GetInt)Find("rs2_get_stream_profiles_count");
        ProfileAt = (PointerOf)Find("rs2_get_stream_profile");
        DeleteProfiles = (Delete)Find("rs2_delete_stream_profiles_list");
        ProfileData = (delegate* unmanaged[Cdecl]<nint, int*, int*, int*, int*, int*, nint*, void>)Find("rs2_get_stream_profile_data");
        Resolution = (delegate* unmanaged[Cdecl]<nint, int*, int*, nint*, void>)Find("rs2_get_video_stream_resolution");
        Intrinsics = (delegate* unmanaged[Cdecl]<nint, RsIntrinsics*, nint*, void>)Find("rs2_get_video_stream_intrinsics");
        Extrinsics = (delegate* unmanaged[Cdecl]<nint, nint, RsExtrinsics*, nint*, void>)Find("rs2_get_extrinsics");
        SupportsOption = (IntOf)Find("rs2_supports_option");
        OptionIsReadOnly = (IntOf)Find("rs2_is_option_read_only");
        SetOption = (delegate* unmanaged[Cdecl]<nint, int, float, nint*, void>)Find("rs2_set_option");
        OptionRange = (delegate* unmanaged[Cdecl]<nint, int, float*, float*, float*, float*, nint*, void>)Find("rs2_get_option_range");
        OptionValueText = (delegate* unmanaged[Cdecl]<nint, int, float, nint*, nint>)Find("rs2_get_option_value_description");
        Open = (delegate* unmanaged[Cdecl]<nint, nint*, int, nint*, void>)Find("rs2_open_multiple");
        Close = (Call)Find("rs2_close");
        Start = (SetCallback)Find("rs2_start");
        Stop = (Call)Find("rs2_stop");
        SetNotifications = (SetCallback)Find("rs2_set_notifications_callback");
        NotificationText = (GetPointer)Find("rs2_get_notification_description");
        FrameProfile = (GetPointer)Find("rs2_get_frame_stream_profile");
        FrameData = (GetPointer)Find("rs2_get_frame_data");
        FrameWidth = (GetInt)Find("rs2_get_frame_width");
        FrameHeight = (GetInt)Find("rs2_get_frame_height");
        FrameStride = (GetInt)Find("rs2_get_frame_stride_in_bytes");
        FrameTimestamp = (GetDouble)Find("rs2_get_frame_timestamp");
        FrameDomain = (GetInt)Find("rs2_get_frame_timestamp_domain");
        FrameNumber = (GetLong)Find("rs2_get_frame_number");
        SupportsMetadata = (IntOf)Find("rs2_supports_frame_metadata");
        Metadata = (LongOf)Find("rs2_get_frame_metadata");
        ReleaseFrame = (Delete)Find("rs2_release_frame");
    }

    /// <summary>The file it was loaded from, or the name that the system knows it by.</summary>
    public string Path { get; }

    /// <summary>2.58.2 …</summary>
    public string Version { get; }

    /// <summary>By which the system may know it: a runtime's package has no link without a version.</summary>
    internal static string[] SystemNames { get; } = ["librealsense2.so",
        .. Enumerable.Range(OldestMinor, NewestMinor - OldestMinor + 1).Reverse().Select(m => $"librealsense2.so.2.{m}")];

    /// <param name="path">The one file to take; empty: whatever the system has.</param>
    /// <exception cref="DllNotFoundException">There is none, or it cannot be used; says what to do.</exception>
    public static RealSenseLibrary Load(string path)
    {
        lock (s_loaded)
        {
            if (s_loaded.TryGetValue(path, out var known))
                return known;
            foreach (string name in path.Length > 0 ? [path] : SystemNames)
                if (NativeLibrary.TryLoad(name, out nint handle))
                    return s_loaded[path] = new(name, handle); // never unloaded: threads of its own run in it
        }
        throw new DllNotFoundException(path.Length == 0
            ? "librealsense2 is not installed: docs/realsense.md says how; or name the file with `library`"
            : File.Exists(path) ? $"library: {path} cannot be loaded; it must be librealsense2.so with all that it needs (ldd shows what)"
            : $"library: there is no file {path}");
    }

    /// <exception cref="RealSenseException">The call that left this error failed.</exception>
    public void Check(nint error)
    {
        if (error != 0)
            throw TakeError(error);
    }

    public static string Text(nint text) => Marshal.PtrToStringUTF8(text) ?? "";

    private RealSenseException TakeError(nint error)
    {
        var taken = new RealSenseException((RsError)_errorKind(error), Text(_errorFunction(error)), Text(_errorText(error)));
        _freeError(error);
        return taken;
    }

    private nint Find(string name) => NativeLibrary.TryGetExport(_library, name, out nint found)
        ? found
        : throw new DllNotFoundException($"{Path} has no function {name}: it is no librealsense2 of 2.50 or later");

    private nint FindOptional(string name) => NativeLibrary.TryGetExport(_library, name, out nint found) ? found : 0;
}
