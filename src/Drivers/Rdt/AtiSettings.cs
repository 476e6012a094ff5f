using System.Globalization;
using System.Xml;

namespace RobotWorldModel.Drivers.Rdt;

/// <summary>
/// What an ATI sensor tells of itself on its page netftapi2.xml. Which elements there are differs: a Net F/T has comrdte and comrdtrate,
/// an Axia commrdtrate and no switch. Source: ATI manual 9620-05-Net FT §7 and §8, and public records of such pages of both.
/// </summary>
/// <param name="NewtonPerCount">From the counts and the unit that are set now.</param>
/// <param name="NewtonMetrePerCount">Likewise.</param>
/// <param name="RateHz">Records a second; null where it does not tell.</param>
/// <param name="Serial">The active calibration's; empty where it does not tell.</param>
/// <param name="Scale">Counts and units as it tells them.</param>
/// <param name="Biased">What hung on it was made zero: by a person, or by another program.</param>
/// <param name="Transformed">Values are given for another frame than its own.</param>
internal sealed record AtiSettings(
    double NewtonPerCount, double NewtonMetrePerCount, double? RateHz, string Serial, string Firmware, string Scale, bool Biased,
    bool Transformed)
{
    private const double PoundForce = 4.4482216152605, KilogramForce = 9.80665, Inch = 0.0254, Foot = 0.3048;
    private const int MostElements = 1000, LongestDocument = 1 << 16;

    // By name: the numbers that go with them count from 0 on some sensors and from 1 on others. Net F/T manual, table 7.3.
    private static readonly Dictionary<string, double> s_forceUnits = new()
    {
        ["lbf"] = PoundForce,
        ["n"] = 1,
        ["klbf"] = 1000 * PoundForce,
        ["kn"] = 1000,
        ["kgf"] = KilogramForce,
        ["kg"] = KilogramForce,
        ["gf"] = KilogramForce / 1000,
    };

    private static readonly Dictionary<string, double> s_torqueUnits = new()
    {
        ["lbfin"] = PoundForce * Inch,
        ["lbfft"] = PoundForce * Foot,
        ["nm"] = 1,
        ["nmm"] = 0.001,
        ["kgfcm"] = KilogramForce / 100,
        ["kgcm"] = KilogramForce / 100,
        ["knm"] = 1000,
    };

    /// <exception cref="InvalidDataException">It is no such page, or something in it cannot be used; says what.</exception>
    public static AtiSettings Parse(byte[] page)
    {
        Dictionary<string, string> elements = ReadElements(page);
        if (elements.GetValueOrDefault("comrdte") is { } enabled && enabled.ToLowerInvariant() is "disabled" or "0")
            throw new InvalidDataException("its RDT output is switched off: enable it on its Communications page");
        string forceUnit = Text(elements, "scfgfu"), torqueUnit = Text(elements, "scfgtu");
        double countsPerForce = Positive(elements, "cfgcpf"), countsPerTorque = Positive(elements, "cfgcpt");
        return new(
            Unit(s_forceUnits, "force", forceUnit) / countsPerForce,
            Unit(s_torqueUnits, "torque", torqueUnit) / countsPerTorque,
            Rate(elements),
            Printable(elements.GetValueOrDefault("cfgcalsn", "")),
            Printable(elements.GetValueOrDefault("mfgdigver", "")),
            string.Create(CultureInfo.InvariantCulture, $"{countsPerForce} counts/{forceUnit}, {countsPerTorque} counts/{torqueUnit}"),
            AnyNotZero(elements.GetValueOrDefault("setbias", "")),
            AnyNotZero(elements.GetValueOrDefault("cfgtfx", "")));
    }

    private static Dictionary<string, string> ReadElements(byte[] page)
    {
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit, // no entities: nothing grows, nothing is fetched
            XmlResolver = null,
            MaxCharactersInDocument = LongestDocument,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
        };
        var elements = new Dictionary<string, string>();
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(page), settings);
            string name = "";
            while (reader.Read() && elements.Count < MostElements)
            {
                if (reader.NodeType == XmlNodeType.Element)
                    name = reader.LocalName;
                else if (reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA)
                    elements.TryAdd(name, reader.Value.Trim());
            }
            return elements;
        }
        catch (XmlException e)
        {
            throw new InvalidDataException($"its page netftapi2.xml is no XML that can be read ({e.Message})");
        }
    }

    private static string Text(Dictionary<string, string> elements, string name) => elements.TryGetValue(name, out string? text)
        ? Printable(text)
        : throw new InvalidDataException($"its page netftapi2.xml has no <{name}>: is it an ATI Net F/T or Axia?");

    private static double Positive(Dictionary<string, string> elements, string name)
    {
        string text = Text(elements, name);
        return Number(text) is > 0 and var value
            ? value
            : throw new InvalidDataException($"its <{name}> is '{text}', which is no count");
    }

    private static double Unit(Dictionary<string, double> units, string what, string name)
    {
        string key = string.Concat(name.ToLowerInvariant().Where(char.IsAsciiLetter));
        return units.TryGetValue(key, out double size)
            ? size
            : throw new InvalidDataException(
                $"its {what} unit is '{name}', which is not known here: set N and Nm on its Configurations page");
    }

    // A record is every n-th sample, so the rate is the converter's by a whole number, and what is told of it may be cut: 152 for 7000/46.
    private static double? Rate(Dictionary<string, string> elements)
    {
        double told = Number(elements.GetValueOrDefault("comrdtrate") ?? elements.GetValueOrDefault("commrdtrate", ""));
        double samples = Number(elements.GetValueOrDefault("runrate", ""));
        if (!(told >= 1))
            return null;
        double whole = samples >= told ? samples / Math.Round(samples / told) : told;
        return Math.Abs(whole - told) <= 1 ? whole : told;
    }

    private static double Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is > -1e12 and < 1e12
            ? value : double.NaN;

    private static bool AnyNotZero(string list) => list.Split(';').Any(n => Number(n) is not 0 and not double.NaN);

    private static string Printable(string text) => new([.. text.Where(c => c is >= ' ' and <= '~').Take(64)]);
}
