// Everything the page does beyond Chainlit. Loaded as a module before Chainlit's own script runs.
import './js/theme.js';
import './js/signed_in.js';
import './js/rcui.js';
import './js/progress.js';
import './js/costs.js';
import './js/labels.js';
import './js/dialogs.js';
import './js/focus.js';
import './js/rows.js';
import './js/choices.js';
import './js/reading.js';
import './js/links.js';
import './js/citations.js';
import './js/attention.js';
import './js/steps.js';
import './js/scroll.js';
import './js/earlier.js';
import './js/welcome.js';
import './js/history.js';
import './js/library.js';
import './js/share.js';
import { watch } from './js/page.js';

watch();
