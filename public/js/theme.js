// Follows the system's light or dark setting until a person chooses one.
// Chainlit's configuration knows only "light" and "dark"; its page knows "system" as a stored choice.
const KEY = 'vite-ui-theme';

try {
  if (!localStorage.getItem(KEY)) localStorage.setItem(KEY, 'system');
} catch {
  // Storage is blocked: Chainlit falls back to its configured theme.
}
