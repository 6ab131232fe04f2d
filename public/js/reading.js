// Reports in any script: each paragraph, list or table takes the direction of its own first letters.
import { t } from './language.js';
import { on } from './page.js';

on('.message-content .prose > *, .message-content pre', (block) => block.setAttribute('dir', 'auto'));
on('#chat-input', (input) => input.setAttribute('dir', 'auto'));
on('#thread-history .truncate', (title) => title.setAttribute('dir', 'auto'));

// A foreign page opened from here must not get hold of this one, nor learn its address.
on('.message-content a[target=_blank]', (link) => link.setAttribute('rel', 'noopener noreferrer'));

// What is wider than the page moves sideways, also by the arrow keys.
on('.message-content pre code', (code) => code.setAttribute('tabindex', '0'));
// The box of a task that is listed says nothing of itself.
on('.message-content li > input[type=checkbox]', (box) => box.setAttribute('aria-label', t(box.checked ? 'state.done' : 'state.queued')));
