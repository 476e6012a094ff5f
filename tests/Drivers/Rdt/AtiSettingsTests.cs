using System.Text;
using RobotWorldModel.Drivers.Rdt;

namespace RobotWorldModel.Drivers.Tests.Rdt;

public class AtiSettingsTests
{
    // Elements, names and values as public records of a Gamma's page (firmware 2.2.59) have them; shortened.
    private const string Gamma = """
        <?xml version="1.0"?><netft><runstat>0x00000000</runstat><runrate>7000</runrate><cfgnam>empty</cfgnam>
        <cfgcalsn>FT27462</cfgcalsn><scfgfu>N</scfgfu><scfgtu>Nm</scfgtu><cfgtfx>0;0;132.710;0;0;0</cfgtfx>
        <cfgcpf>1000000</cfgcpf><cfgcpt>500000</cfgcpt><setbias>745;17;447;184;-596;-253</setbias>
        <comrdte>Enabled</comrdte><comrdtrate>152</comrdtrate><mfgdigver>2.2.59</mfgdigver></netft>
        """;

    private static AtiSettings Parse(string page) => AtiSettings.Parse(Encoding.UTF8.GetBytes(page));

    private static string Refused(string page) => Assert.Throws<InvalidDataException>(() => Parse(page)).Message;

    [Fact]
    public void A_Net_FT_tells_all_of_it()
    {
        AtiSettings s = Parse(Gamma);
        Assert.Equal((1e-6, 2e-6, "FT27462", "2.2.59"), (s.NewtonPerCount, s.NewtonMetrePerCount, s.Serial, s.Firmware));
        Assert.Equal(7000 / 46.0, s.RateHz!.Value, 1e-9); // every 46th sample, told as 152
        Assert.True(s.Biased && s.Transformed);
        Assert.Equal("1000000 counts/N, 500000 counts/Nm", s.Scale);
    }

    [Fact]
    public void An_Axia_spells_its_rate_in_its_own_way_and_has_no_switch()
    {
        AtiSettings s = Parse("<netft><scfgfu>N</scfgfu><scfgtu>Nm</scfgtu><cfgcpf>1000000</cfgcpf><cfgcpt>1000000</cfgcpt>"
            + "<commrdtrate>976</commrdtrate><setbias>0;0;0;0;0;0</setbias></netft>");
        Assert.Equal((976, "", false, false), (s.RateHz, s.Serial, s.Biased, s.Transformed));
        Assert.Null(Parse("<x><scfgfu>N</scfgfu><scfgtu>Nm</scfgtu><cfgcpf>1</cfgcpf><cfgcpt>1</cfgcpt></x>").RateHz);
    }

    [Theory]
    [InlineData("N", 1)]
    [InlineData("lbf", 4.4482216)]
    [InlineData("klbf", 4448.2216)]
    [InlineData("kN", 1000)]
    [InlineData("kgf", 9.80665)]
    [InlineData("kg", 9.80665)]
    [InlineData("gf", 0.00980665)]
    public void Force_is_converted_by_its_units_name(string unit, double newton) =>
        Assert.Equal(newton * 1e-6, Parse(Gamma.Replace("<scfgfu>N", $"<scfgfu>{unit}")).NewtonPerCount, newton * 1e-13);

    [Theory]
    [InlineData("N-m", 1)]
    [InlineData("Nm", 1)]
    [InlineData("N-mm", 0.001)]
    [InlineData("Nmm", 0.001)]
    [InlineData("lbf-in", 0.11298483)]
    [InlineData("lbf-ft", 1.35581795)]
    [InlineData("kgf-cm", 0.0980665)]
    [InlineData("kN-m", 1000)]
    public void Torque_is_converted_by_its_units_name(string unit, double newtonMetre) => Assert.Equal(newtonMetre * 2e-6,
        Parse(Gamma.Replace("<scfgtu>Nm", $"<scfgtu>{unit}")).NewtonMetrePerCount, newtonMetre * 1e-13);

    [Theory]
    [InlineData("<scfgfu>N<", "<scfgfu>stone<", "its force unit is 'stone', which is not known here")]
    [InlineData("<scfgtu>Nm<", "<scfgtu>N<", "its torque unit is 'N', which is not known here")]
    [InlineData("<scfgtu>Nm</scfgtu>", "", "no <scfgtu>: is it an ATI")]
    [InlineData("<cfgcpf>1000000<", "<cfgcpf>0<", "its <cfgcpf> is '0', which is no count")]
    [InlineData("<cfgcpt>500000<", "<cfgcpt>-5<", "its <cfgcpt> is '-5', which is no count")]
    [InlineData("<cfgcpt>500000<", "<cfgcpt>NaN<", "its <cfgcpt> is 'NaN', which is no count")]
    [InlineData("<cfgcpt>500000<", "<cfgcpt>1e300<", "which is no count")]
    [InlineData("<comrdte>Enabled<", "<comrdte>Disabled<", "its RDT output is switched off")]
    [InlineData("<comrdte>Enabled<", "<comrdte>0<", "its RDT output is switched off")]
    [InlineData("</netft>", "", "no XML that can be read")]
    public void What_cannot_be_used_is_named(string text, string instead, string expected) =>
        Assert.Contains(expected, Refused(Gamma.Replace(text, instead)));

    [Theory]
    [InlineData("")]
    [InlineData("<html><body>Welcome</body>")]
    [InlineData("<!DOCTYPE n [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><netft><cfgcpf>&b;</cfgcpf></netft>")]
    [InlineData("<!DOCTYPE n SYSTEM \"http://192.0.2.1/x.dtd\"><netft/>")]
    public void A_page_that_is_none_or_means_harm_is_refused(string page) => Assert.Contains("no XML that can be read", Refused(page));

    [Fact]
    public void A_page_without_end_is_refused()
    {
        Assert.Contains("no XML that can be read", Refused("<netft>" + new string(' ', 1 << 17)));
        Assert.Contains("no <scfgfu>", Refused($"<n>{string.Concat(Enumerable.Range(0, 3000).Select(i => $"<e{i}>1</e{i}>"))}</n>"));
    }

    [Theory]
    [InlineData(0x00000000, true)]
    [InlineData(0x80010000, true)] // a monitor condition: a warning
    [InlineData(0x00010000, true)] // the Axia's
    [InlineData(0x80000000, false)]
    [InlineData(0x80000001, false)]
    [InlineData(0x80010004, false)]
    [InlineData(0x00000008, false)]
    [InlineData(0xC0000000, false)]
    public void A_status_is_good_or_not(uint status, bool good) => Assert.Equal(good, RdtStatus.IsValid(status));

    [Fact]
    public void A_status_is_said_in_words()
    {
        Assert.Contains("0xC0000004 (of an Axia: a strain gage is broken, force or torque out of range; else",
            RdtStatus.Describe(0xC0000004));
        Assert.Equal("0x80020000 (see 'status code' in the sensor's manual)", RdtStatus.Describe(0x80020000));
    }
}
