namespace Vibe.Client.Calls;

/// <summary>What a call passes before its attempts: it lets them begin when there is room, or answers in their stead.</summary>
internal delegate Task<TResponse> Gate<TResponse>(Call call, Func<Task<TResponse>> attempts, CancellationToken stop);
