namespace Vibe.Client.Tests.Live;

/// <summary>Loses the answers to some requests, by their order, after the server has carried them out.</summary>
/// <param name="first">The first of them, counted from 1.</param>
/// <param name="count">How many in a row.</param>
internal sealed class LostAnswers(int first, int count)
{
    private int _asked;
    private int _lost;

    public int Lost => _lost;

    public VibeClientOptions Options =>
        new()
        {
            Retry = LiveClients.Eager.Retry,
            ConfigureChannel = channel => channel.HttpHandler = new Handler(this, channel.HttpHandler!),
        };

    private sealed class Handler(LostAnswers answers, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            var isLost = answers.IsLost(Interlocked.Increment(ref answers._asked));
            var response = await base.SendAsync(request, cancellationToken);
            if (!isLost)
            {
                return response;
            }

            await response.Content.ReadAsByteArrayAsync(cancellationToken);
            response.Dispose();
            Interlocked.Increment(ref answers._lost);
            throw new HttpRequestException(HttpRequestError.ConnectionError, "The answer is lost.", new IOException());
        }
    }

    private bool IsLost(int asked) => asked >= first && asked < first + count;
}
