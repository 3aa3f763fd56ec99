// Copies a line; where the browser does not let a page write to the clipboard, the line is selected for the reader.
function copying(button, line, said) {
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(line.textContent);
      said.textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren(line);
      said.textContent = document.execCommand("copy") ? "Copied." : "Selected: press Ctrl+C.";
    }
    setTimeout(() => { said.textContent = ""; }, 3000);
  });
}
