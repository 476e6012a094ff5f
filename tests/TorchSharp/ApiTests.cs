using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace RobotWorldModel.TorchSharp.Tests;

/// <summary>Each public signature of the subset is TorchSharp 0.107's, with the names and defaults of its parameters.</summary>
public class ApiTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly HashSet<string> Recorded =
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "torchsharp-api.txt"))];

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
    };

    // Types whose members the record does not list; they were held against the package's assembly by hand.
    private static readonly string[] Unrecorded = ["Utils.TensorAccessor<T>"];

    // What TorchSharp has no name for is in a namespace of its own.
    public static TheoryData<string> Types =>
    [
        .. typeof(torch).Assembly.GetExportedTypes().Where(type => type.Namespace != typeof(TorchDevices.Cuda).Namespace).Select(Name)
            .Where(name => !Unrecorded.Contains(name)).Order(),
    ];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_public_member_is_one_of_TorchSharp(string type)
    {
        var ours = typeof(torch).Assembly.GetExportedTypes().Single(one => Name(one) == type);
        var members = ours.GetMembers(Declared);

        Assert.All(members, member => Assert.All(Line(ours, member), line =>
            Assert.True(Recorded.Contains(line) || Inherited(ours, member), $"TorchSharp has no such member: {line}")));
    }

    [Fact]
    public void A_signature_that_differs_is_found()
    {
        var right = Line(typeof(torch.nn), typeof(torch.nn).GetMethod(nameof(torch.nn.Linear))!).Single();

        Assert.Contains(right, Recorded);
        Assert.DoesNotContain(right.Replace("hasBias", "bias"), Recorded);
        Assert.DoesNotContain(right.Replace("true", "false"), Recorded);
    }

    private static IEnumerable<string> Line(Type owner, MemberInfo member)
    {
        var name = Name(owner);
        switch (member)
        {
            case MethodBase method when Seen(method):
                yield return $"  {name} :: {Access(method)}{Returned(method)}{MethodName(method)}({Parameters(method)})";
                break;
            case FieldInfo field when owner.IsEnum && field.IsLiteral:
                yield return $"  {name} == {field.Name} = {Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}";
                break;
            case FieldInfo field when !owner.IsEnum && (field.IsPublic || field.IsFamily):
                yield return $"  {name} .. {(field.IsStatic ? "static " : "")}{Name(field.FieldType)} {field.Name}";
                break;
            default:
                break;
        }
    }

    // What overrides a member here, and there inherits it.
    private static bool Inherited(Type owner, MemberInfo member) =>
        member is MethodInfo method && method.GetBaseDefinition().DeclaringType != owner
        && Bases(owner).Any(type => Line(type, member).Any(Recorded.Contains));

    private static IEnumerable<Type> Bases(Type type)
    {
        for (var one = type.BaseType; one is not null; one = one.BaseType)
            yield return one;
    }

    private static bool Seen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Access(MethodBase method) =>
        (method.IsPublic ? "public " : method.IsFamily ? "protected " : "protected internal ")
        + (method.IsStatic ? "static " : "")
        + (method.IsAbstract ? "abstract " : method.IsVirtual && !method.IsFinal ? "virtual " : "");

    private static string Returned(MethodBase method) => method is MethodInfo info ? Name(info.ReturnType) + " " : "";

    private static string MethodName(MethodBase method) =>
        method.IsConstructor ? ".ctor"
        : method.Name + (method.IsGenericMethod ? $"<{string.Join(",", method.GetGenericArguments().Select(Name))}>" : "");

    private static string Parameters(MethodBase method)
    {
        var extension = method.IsDefined(typeof(ExtensionAttribute));
        return string.Join(", ", method.GetParameters().Select(parameter =>
            (extension && parameter.Position == 0 ? "this " : "")
            + (parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "")
            + $"{Name(parameter.ParameterType)} {parameter.Name}"
            + (parameter.HasDefaultValue ? $" = {Value(parameter.RawDefaultValue)}" : "")));
    }

    private static string Value(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Name(Type type)
    {
        if (Keywords.TryGetValue(type, out var keyword))
            return keyword;
        if (type.IsArray)
            return Name(type.GetElementType()!) + "[]";
        if (type.IsByRef)
            return "ref " + Name(type.GetElementType()!);
        if (type.IsGenericParameter)
            return type.Name;
        if (Nullable.GetUnderlyingType(type) is { } value)
            return Name(value) + "?";
        var full = (type.IsGenericType ? type.GetGenericTypeDefinition().FullName! : type.FullName!).Replace('+', '.');
        foreach (var prefix in (string[])["TorchSharp.torch.", "TorchSharp.", "System.Collections.Generic.", "System."])
        {
            if (full.StartsWith(prefix, StringComparison.Ordinal))
            {
                full = full[prefix.Length..];
                break;
            }
        }
        var plain = string.Concat(full.Split('`').Select((part, i) => i == 0 ? part : part.TrimStart("0123456789".ToCharArray())));
        return type.IsGenericType ? $"{plain}<{string.Join(",", type.GetGenericArguments().Select(Name))}>" : plain;
    }
}
