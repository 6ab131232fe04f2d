// Chainlit asks who is signed in whenever a person looks at the page again, and takes a server that cannot be reached for
// "nobody": it leaves for the sign-in page, and the open research is gone. So this one question waits for its answer.
const AGAIN_MS = 1000;

const send = window.fetch.bind(window);

window.fetch = async (resource, options) => {
  if (!asksWhoIsSignedIn(resource)) return send(resource, options);
  for (;;) {
    const answer = await send(resource, options).catch(() => null);
    if (answer && answer.status < 500) return answer;
    await new Promise((resume) => setTimeout(resume, AGAIN_MS));
  }
};

function asksWhoIsSignedIn(resource) {
  return new URL(resource.url ?? resource, location.href).pathname === '/user';
}
