using System.Globalization;
using System.Text.Json.Nodes;
using RobotWorldModel.Runtime.Protocol;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>A file that a command takes, YAML or JSON (which is YAML too), as a JSON tree.</summary>
internal static class YamlFile
{
    /// <exception cref="RobotException">It is not there (64), or none (78); says where.</exception>
    public static JsonNode Read(string file)
    {
        if (!File.Exists(file))
            throw new RobotException(ExitCode.Usage, $"there is no file {file}");
        try
        {
            using var reader = new StreamReader(file);
            var stream = new YamlStream();
            stream.Load(reader);
            return stream.Documents.Count == 0 ? new JsonObject() : Node(stream.Documents[0].RootNode) ?? new JsonObject();
        }
        catch (YamlException e)
        {
            throw new RobotException(ExitCode.Config, $"{file}:{e.Start.Line}: {e.Message}");
        }
    }

    private static JsonNode? Node(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(
            map.Children.Select(one => KeyValuePair.Create(((YamlScalarNode)one.Key).Value!, Node(one.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Node)]),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => Plain(scalar.Value ?? ""),
        _ => JsonValue.Create(((YamlScalarNode)node).Value),
    };

    private static JsonNode? Plain(string text)
    {
        if (text is "" or "~" or "null")
            return null;
        if (bool.TryParse(text, out bool flag))
            return JsonValue.Create(flag);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
            return JsonValue.Create(whole);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real)
            ? JsonValue.Create(real) : JsonValue.Create(text);
    }
}
