// Pages are complete without this. It saves clicks, shows values under the pointer, and keeps what is live up to date.
'use strict';

// A choice counts as soon as it is made.
for (const form of document.querySelectorAll('[data-submit-on-change]')) {
  form.addEventListener('change', (event) => {
    if (event.target.matches('select')) {
      form.requestSubmit();
    }
  });
  // What says nothing need not stand in the address.
  form.addEventListener('formdata', (event) => {
    const said = [...event.formData].filter(([, value]) => value !== '');
    for (const name of [...event.formData.keys()]) event.formData.delete(name);
    for (const [name, value] of said) event.formData.append(name, value);
  });
}

// Values under the pointer; the same text is in the picture's titles for who has no script.
const tip = document.createElement('div');
tip.className = 'tip';
tip.hidden = true;
document.body.append(tip);
for (const title of document.querySelectorAll('[data-tip] > title')) title.remove();
document.addEventListener('pointermove', (event) => {
  const over = event.target.closest?.('[data-tip]');
  tip.hidden = !over;
  if (!over) return;
  if (tip.textContent !== over.dataset.tip) tip.textContent = over.dataset.tip;
  const left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
  const top = Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8);
  tip.style.left = `${left}px`;
  tip.style.top = `${top}px`;
});

// Copies what is to be pasted elsewhere.
for (const block of document.querySelectorAll('[data-copy]')) {
  if (!navigator.clipboard) break;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'small';
  button.textContent = 'Copy';
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(block.textContent.trim());
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
  block.after(button);
}

// Parts that change by themselves: the page answers with the part alone.
for (const part of document.querySelectorAll('[data-live]')) {
  const every = Number(part.dataset.every || 5) * 1000;
  const again = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(part.dataset.live, { headers: { Accept: 'text/html' } });
        if (answer.ok && !answer.redirected) {
          const html = await answer.text();
          const fresh = new DOMParser().parseFromString(html, 'text/html');
          if (fresh.body.innerHTML.trim() !== part.innerHTML.trim()) part.replaceChildren(...fresh.body.childNodes);
        }
      } catch { /* The next time will tell. */ }
    }
    setTimeout(again, every);
  };
  setTimeout(again, every);
}

// What cannot be undone is asked twice.
for (const form of document.querySelectorAll('form[data-confirm]')) {
  form.addEventListener('submit', (event) => { if (!confirm(form.dataset.confirm)) event.preventDefault(); });
}
