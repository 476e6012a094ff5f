using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace RobotWorldModel.Runtime.Configuration;

/// <summary>A config file that cannot be used; each line names file, line, key and what would be right.</summary>
public sealed class ConfigException(string message) : Exception(message);

/// <summary>
/// Binds YAML to plain settings classes by name (tcp_speed → TcpSpeed) and checks it strictly: an unknown key, a wrong type, a value
/// outside its <see cref="RangeAttribute"/> or a missing <see cref="RequiredAttribute"/> is an error with its line. All errors are told
/// at once.
/// </summary>
internal sealed class YamlBinder(string file)
{
    private readonly List<string> _errors = [];

    /// <exception cref="ConfigException">The text is no YAML, or does not fit; one line for each thing that is wrong.</exception>
    public static T Bind<T>(string file, string text) where T : class, new()
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new ConfigException($"{file}:{e.Start.Line}: not valid YAML: {e.InnerException?.Message ?? e.Message}");
        }
        if (stream.Documents.Count == 0 || stream.Documents[0].RootNode is not YamlMappingNode root)
            throw new ConfigException($"{file}: is empty; start from one of hardware-configs/*.yaml");
        var binder = new YamlBinder(file);
        var result = new T();
        binder.BindObject(root, result, "");
        if (binder._errors.Count > 0)
            throw new ConfigException(string.Join('\n', binder._errors));
        return result;
    }

    private void BindObject(YamlMappingNode node, object target, string path)
    {
        var properties = target.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.SetMethod is { IsPublic: true }).ToDictionary(p => SnakeCase(p.Name));
        var given = new Dictionary<string, YamlNode>();
        foreach (var (keyNode, valueNode) in node.Children)
        {
            if (keyNode is not YamlScalarNode { Value: { } key })
            {
                Error(keyNode, $"{(path == "" ? "a key" : $"a key of '{path.TrimEnd('.')}'")} is no plain word");
                continue;
            }
            if (!properties.TryGetValue(key, out var property))
            {
                Error(keyNode, $"unknown key '{path}{key}'{Suggest(key, properties.Keys)}");
                continue;
            }
            given[key] = keyNode;
            if (Convert(valueNode, property.PropertyType, path + key) is not { } value)
                continue;
            property.SetValue(target, value);
            if ((property.IsDefined(typeof(RequiredAttribute)) || property.IsDefined(typeof(NotEmptyAttribute)))
                && value is string text && string.IsNullOrWhiteSpace(text))
                Error(valueNode, $"'{path}{key}' is empty");
            CheckRange(property, value, valueNode, path + key);
        }
        foreach (var (key, property) in properties)
            if (property.IsDefined(typeof(RequiredAttribute)) && !given.ContainsKey(key))
                Error(node, $"'{path}{key}' is missing");
        if (target is ICheckedSection section)
            foreach (SectionError wrong in section.Check(given.Keys.ToHashSet()))
                Error(given.GetValueOrDefault(wrong.Key, node), $"'{path}{wrong.Key}{wrong.Value}' {wrong.Message}");
    }

    private object? Convert(YamlNode node, Type type, string path)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        switch (node)
        {
            case YamlSequenceNode list when type.IsArray:
                return ConvertArray(list, type.GetElementType()!, path);
            case YamlSequenceNode list when type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>):
                var result = (IList)Activator.CreateInstance(type)!;
                for (int i = 0; i < list.Children.Count; i++)
                    if (Convert(list.Children[i], type.GetGenericArguments()[0], $"{path}[{i}]") is { } item)
                        result.Add(item);
                return result;
            case YamlMappingNode map when type.IsClass && type != typeof(string) && !typeof(IEnumerable).IsAssignableFrom(type):
                object child = Activator.CreateInstance(type)!;
                BindObject(map, child, path + ".");
                return child;
            case YamlScalarNode scalar when type == typeof(string) || type.IsPrimitive || type.IsEnum:
                return ConvertScalar(scalar, type, path);
            default:
                return Error(node, $"'{path}' must be {Describe(type)}");
        }
    }

    private Array ConvertArray(YamlSequenceNode list, Type element, string path)
    {
        var array = Array.CreateInstance(element, list.Children.Count);
        for (int i = 0; i < list.Children.Count; i++)
            if (Convert(list.Children[i], element, $"{path}[{i}]") is { } item)
                array.SetValue(item, i);
        return array;
    }

    private object? ConvertScalar(YamlScalarNode node, Type type, string path)
    {
        string text = node.Value ?? "";
        if (type == typeof(string))
            return text;
        if (type == typeof(bool) && text is "true" or "false")
            return text == "true";
        // Only these styles: with .NET's own, 2,5 is 25.
        if (type == typeof(int) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int i))
            return i;
        if (type == typeof(double) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double d)
            && double.IsFinite(d))
            return d;
        if (type.IsEnum && Enum.GetNames(type).FirstOrDefault(n => SnakeCase(n) == text) is { } name)
            return Enum.Parse(type, name);
        return Error(node, $"'{path}: {text}' must be {Describe(type)}");
    }

    private void CheckRange(PropertyInfo property, object value, YamlNode node, string path)
    {
        foreach (var rule in property.GetCustomAttributes<ValidationAttribute>())
        {
            if (rule is RangeAttribute range && !range.IsValid(value))
                Error(node, $"'{path}: {value}' is out of range; {range.Minimum} to {range.Maximum} is allowed");
            else if (rule is LengthAttribute length && !length.IsValid(value))
                Error(node, $"'{path}' needs {length.MinimumLength} values");
            else if (rule is AllowedValuesAttribute allowed && !allowed.IsValid(value))
                Error(node, $"'{path}: {value}' is not known; use {string.Join(", ", allowed.Values)}");
            else if (rule is RegularExpressionAttribute or HostAttribute or PortAttribute or ListenAddressAttribute or DecimalsAttribute
                && !rule.IsValid(value))
                Error(node, $"'{path}: {value}' {rule.ErrorMessage}");
        }
    }

    private object? Error(YamlNode node, string message)
    {
        _errors.Add($"{file}:{node.Start.Line}: {message}");
        return null;
    }

    private static string Describe(Type type) =>
        type == typeof(bool) ? "true or false"
        : type == typeof(int) ? "a whole number"
        : type == typeof(double) ? "a number"
        : type == typeof(string) ? "text"
        : type.IsEnum ? "one of " + string.Join(", ", Enum.GetNames(type).Select(SnakeCase))
        : type.IsArray || typeof(IList).IsAssignableFrom(type) ? "a list"
        : "a section with keys of its own";

    private static string Suggest(string key, IEnumerable<string> known)
    {
        var (best, distance) = known.Select(k => (k, Distance(k, key))).DefaultIfEmpty(("", int.MaxValue)).MinBy(p => p.Item2);
        return distance <= Math.Max(2, key.Length / 3)
            ? $"; did you mean '{best}'?"
            : $"; known here are {string.Join(", ", known.Order())}";
    }

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.Length];
    }

    internal static string SnakeCase(string name)
    {
        var text = new StringBuilder();
        foreach (char c in name)
        {
            if (char.IsUpper(c) && text.Length > 0)
                text.Append('_');
            text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString();
    }
}
