using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;
using Vibe.Data.V1;

namespace Vibe.Server.Tests;

/// <summary>Holds up reads of one document until it is opened.</summary>
internal sealed class Gate
{
    private readonly SemaphoreSlim _entered = new(0);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Puts it before the methods of a server.</summary>
    public void Stand(IServiceCollection services)
    {
        services.AddSingleton(this);
        services.Configure<GrpcServiceOptions>(options => options.Interceptors.Add<Keeper>());
    }

    /// <summary>Waits until so many further reads stand before it.</summary>
    public async Task EnteredAsync(int count)
    {
        while (count-- > 0)
            Assert.True(await _entered.WaitAsync(TimeSpan.FromSeconds(30)), "A call did not get through.");
    }

    public void Open() => _open.TrySetResult();

    private Task PassAsync()
    {
        _entered.Release();
        return _open.Task;
    }

    private sealed class Keeper(Gate gate) : Interceptor
    {
        public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request,
            ServerCallContext context,
            UnaryServerMethod<TRequest, TResponse> continuation
        )
        {
            if (request is GetDocumentRequest)
                await gate.PassAsync();
            return await continuation(request, context);
        }
    }
}
