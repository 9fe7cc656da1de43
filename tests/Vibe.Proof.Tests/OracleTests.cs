using System.Reflection;
using System.Reflection.Emit;
using Vibe.Proof.StoredTruth.Oracles;

namespace Vibe.Proof.Tests;

/// <summary>
/// The oracle was written from the contract. One that shared code with the server would share its mistakes, and one that
/// grew as large as the server would have mistakes of its own.
/// </summary>
public sealed class OracleTests
{
    private const int MostLines = 300;
    private const BindingFlags All =
        BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Instance
        | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    private static readonly Type[] Types =
    [
        .. typeof(Oracle).Assembly.GetTypes().Where(type => type.Namespace == typeof(Oracle).Namespace),
    ];

    private static readonly Dictionary<int, OpCode> Codes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (int)(ushort)code.Value);

    [Fact]
    public void The_oracle_knows_the_contract_and_nothing_of_the_server()
    {
        var foreign = Types
            .SelectMany(type => type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)))
            .SelectMany(Used)
            .Concat(Types.SelectMany(type => type.GetFields(All)).SelectMany(field => Parts(field.FieldType)))
            .Where(type => !IsAllowed(type))
            .Select(type => type.FullName)
            .Distinct();

        Assert.Empty(foreign);
        // What the test goes by is really there to be seen.
        Assert.Contains(typeof(Data.V1.Write), Types.SelectMany(type => type.GetMethods(All)).SelectMany(Used));
    }

    [Fact]
    public void The_oracle_is_small_enough_to_be_read()
    {
        var lines = Directory
            .EnumerateFiles(Path.Combine(MutantTests.Root, "tests/Vibe.Proof/StoredTruth/Oracles"), "*.cs")
            .SelectMany(File.ReadAllLines)
            .Count(line => line.Trim().Length > 0);

        Assert.InRange(lines, 1, MostLines);
    }

    private static bool IsAllowed(Type type)
    {
        var assembly = type.Assembly.GetName().Name!;
        return type.Namespace == typeof(Oracle).Namespace
            || assembly is "Vibe.Contracts" or "Google.Protobuf"
            || assembly.StartsWith("System.", StringComparison.Ordinal)
            // What the compiler makes for all of an assembly has no namespace of its own.
            || (type.Assembly == typeof(Oracle).Assembly && type.Name.StartsWith('<'));
    }

    private static IEnumerable<Type> Used(MethodBase method)
    {
        var signature = method.GetParameters().Select(parameter => parameter.ParameterType);
        var body = method.GetMethodBody();
        return signature
            .Concat(method is MethodInfo { ReturnType: var result } ? [result] : [])
            .Concat(body?.LocalVariables.Select(local => local.LocalType) ?? [])
            .Concat(body is null ? [] : Named(method, body.GetILAsByteArray()!))
            .SelectMany(Parts);
    }

    // Walks over the instructions of a method and gives the types of whatever they name.
    private static IEnumerable<Type> Named(MethodBase method, byte[] instructions)
    {
        var ofType = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        var ofMethod = method is MethodInfo { IsGenericMethod: true } ? method.GetGenericArguments() : null;
        for (var at = 0; at < instructions.Length; )
        {
            var code = (int)instructions[at++];
            if (code == 0xFE)
                code = 0xFE00 | instructions[at++];
            var operand = Codes[code].OperandType;
            if (
                operand
                is OperandType.InlineMethod
                    or OperandType.InlineField
                    or OperandType.InlineType
                    or OperandType.InlineTok
            )
            {
                var token = BitConverter.ToInt32(instructions, at);
                var member = method.Module.ResolveMember(token, ofType, ofMethod)!;
                if ((member as Type ?? member.DeclaringType) is { } named)
                    yield return named;
            }
            at += operand switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(instructions, at),
                _ => 4,
            };
        }
    }

    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!)
        : type.IsGenericParameter ? []
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition())
        : [type];
}
