using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Authorization;
using Vibe.Access.V1;

namespace Vibe.Hosting.Access;

/// <summary>What the contract demands of the callers of one method.</summary>
public sealed record AccessRequirement(MethodDescriptor Method, AccessRule Rule) : IAuthorizationRequirement;
