/** The page that shows a camera: a picture of it goes to the editor, and what the network says comes back, in words. */
export const CAMERA_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Face Trainer camera</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 720px; margin: 0 auto; padding: 24px; text-align: center; }
  video { width: 100%; border-radius: 12px; background: #0002; transform: scaleX(-1); }
  button { margin: 18px 0 6px; padding: 10px 28px; border: 0; border-radius: 24px; background: #0a66d8; color: #fff; font: inherit; cursor: pointer; }
  button:disabled { opacity: 0.5; cursor: default; }
  output { display: block; min-height: 3.2em; font-size: 1.3em; }
  output span { display: block; font-size: 0.7em; opacity: 0.75; }
  small { opacity: 0.7; }
</style>
</head>
<body>
<video autoplay muted playsinline></video>
<button disabled>Take Picture</button>
<output role="status"></output>
<small>Pictures go to the editor on this machine and nowhere else.</small>
<script>
  const [video, button, said] = ['video', 'button', 'output'].map((name) => document.querySelector(name));
  const show = async () => {
    // Browsers give a camera to pages of this machine and of https alone.
    if (!navigator.mediaDevices) throw new Error('the browser does not allow one for pages at ' + location.origin);
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } } });
    button.disabled = false;
  };
  show().catch((error) => { said.textContent = 'No camera: ' + error.message; });
  button.addEventListener('click', async () => {
    button.disabled = true;
    said.textContent = 'Looking…';
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext('2d').drawImage(video, 0, 0);
    const jpeg = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.95));
    try {
      const answer = await (await fetch(location.pathname + '/picture', { method: 'POST', body: jpeg })).json();
      const detail = document.createElement('span');
      detail.textContent = answer.detail;
      said.replaceChildren(answer.title, detail);
    } catch {
      said.textContent = 'The editor no longer answers.';
    }
    button.disabled = false;
  });
</script>
</body>
</html>`;
