using System.Globalization;
using System.Text;

namespace RobotWorldModel.Simulation.Devices;

/// <summary>
/// The web page of a simulated Net F/T that tells its settings: the elements of a real one's netftapi2.xml that have to do with records,
/// under the names and in the order of a Gamma's with firmware 2.2.59. Nothing can be set on it.
/// </summary>
internal sealed class NetFtPage(NetFtServerOptions options, Func<bool> biased) : IDisposable
{
    private TextPort? _port;

    public void Start()
    {
        _port = new("force", options.Host, options.HttpPort, (line, _, _) => Answer(line));
        _port.Start();
    }

    public void Step(long nowNs) => _port?.Step(nowNs);

    /// <summary>Closed, until it is started again.</summary>
    public void Dispose()
    {
        _port?.Dispose();
        _port = null;
    }

    // Line by line: the request's first is answered, its headers need no answer.
    private string Answer(string line)
    {
        if (!line.StartsWith("GET ", StringComparison.Ordinal))
            return "";
        string path = line[4..].Split(' ')[0].Split('?')[0];
        return path == "/netftapi2.xml" ? Reply("200 OK", "text/xml", Settings()) : Reply("404 Not Found", "text/plain", "no such page\n");
    }

    private static string Reply(string status, string type, string body) =>
        $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {Encoding.Latin1.GetByteCount(body)}\r\n\r\n{body}";

    private string Settings()
    {
        string bias = biased() ? "745;17;447;184;-596;-253" : "0;0;0;0;0;0";
        return string.Create(CultureInfo.InvariantCulture, $"""
            <?xml version="1.0"?><netft>
            <runstat>0x00000000</runstat><runrate>{Math.Floor(options.SampleRateHz)}</runrate>
            <cfgnam>cell</cfgnam><cfgcalsel>0</cfgcalsel><cfgcalsn>{options.Serial}</cfgcalsn>
            <scfgfu>{options.ForceUnit}</scfgfu><scfgtu>{options.TorqueUnit}</scfgtu>
            <cfgtfx>0;0;0;0;0;0</cfgtfx><cfgcpf>{options.CountsPerForce}</cfgcpf><cfgcpt>{options.CountsPerTorque}</cfgcpt>
            <setbias>{bias}</setbias><setuserfilter>0</setuserfilter>
            <comrdte>Enabled</comrdte><comrdtrate>{Math.Floor(options.ToldRateHz ?? options.RateHz)}</comrdtrate><comrdtbsiz>1</comrdtbsiz>
            <mfgdigsn>SIM1</mfgdigsn><mfgdigver>{options.Firmware}</mfgdigver>
            </netft>
            """);
    }
}
