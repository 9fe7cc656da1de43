using System.Collections.Frozen;
using Google.Rpc;
using Vibe.Errors.V1;

namespace Vibe.Hosting.Errors;

/// <summary>The table of reasons, their wire names and their status codes, as the contract declares it.</summary>
public static class ErrorReasons
{
    /// <summary>The value of <c>ErrorInfo.domain</c> in every error of this server.</summary>
    public const string Domain = "vibe";

    private const string Prefix = "ERROR_REASON_";

    private static readonly FrozenDictionary<ErrorReason, (string Name, Code Code)> Table = ErrorReasonReflection
        .Descriptor.EnumTypes.Single(type => type.ClrType == typeof(ErrorReason))
        .Values.ToFrozenDictionary(
            value => (ErrorReason)value.Number,
            value =>
                (
                    value.Name[Prefix.Length..],
                    value.GetOptions()?.GetExtension(ErrorReasonExtensions.Code) ?? Code.Unknown
                )
        );

    /// <summary>The status code that always comes with a reason.</summary>
    public static Code CodeOf(ErrorReason reason) => Table[reason].Code;

    /// <summary>The reason as clients see it, without the prefix that the enum gives it.</summary>
    public static string NameOf(ErrorReason reason) => Table[reason].Name;
}
