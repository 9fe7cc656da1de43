using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Vibe.Hosting.Access;

namespace Vibe.Benchmarks;

/// <summary>An access token that was not seen before; the limit is to verify its signature.</summary>
public class AccessTokenBenchmarks
{
    private PreparedServer _server = null!;
    private JwtBearerOptions _options = null!;
    private ECDsa _key = null!;
    private byte[] _signed = [];
    private byte[] _signature = [];

    /// <summary>Mints the token.</summary>
    [GlobalSetup]
    public async Task PrepareAsync()
    {
        _server = await PreparedServer.StartAsync();
        _options = _server.Get<IOptionsMonitor<JwtBearerOptions>>().Get(JwtBearerDefaults.AuthenticationScheme);
        var jwt = new JsonWebToken(_server.Token);
        _signed = Encoding.ASCII.GetBytes($"{jwt.EncodedHeader}.{jwt.EncodedPayload}");
        _signature = Base64UrlEncoder.DecodeBytes(jwt.EncodedSignature);
        var key = (ECDsaSecurityKey)
            _options.TokenValidationParameters.IssuerSigningKeyResolver(_server.Token, jwt, jwt.Kid, null).Single();
        _key = key.ECDsa;
        if (!Signature())
            throw new InvalidOperationException("The signature must be good.");
    }

    /// <summary>Removes the data.</summary>
    [GlobalCleanup]
    public Task EndAsync() => _server.DisposeAsync().AsTask();

    /// <summary>The limit.</summary>
    [Benchmark(Baseline = true)]
    public bool Signature() => _key.VerifyData(_signed, _signature, HashAlgorithmName.SHA256);

    /// <summary>Everything that is asked of a token, and the caller that it names.</summary>
    [Benchmark]
    public async Task<object> VerifyAsync()
    {
        var result = await _options
            .TokenHandlers.First()
            .ValidateTokenAsync(_server.Token, _options.TokenValidationParameters);
        return result.IsValid && Caller.From(new ClaimsPrincipal(result.ClaimsIdentity)) is { } caller
            ? caller
            : throw new InvalidOperationException("The token must be good.", result.Exception);
    }
}
