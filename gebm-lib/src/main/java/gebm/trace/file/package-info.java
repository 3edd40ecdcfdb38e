/**
 * The files of programs and of Python's networks, as PyTorch reads and writes them; not for users, who call {@code
 * Program.save}, {@code Program.load} and {@code TorchScript.load} in {@code gebm.trace}.
 */
package gebm.trace.file;
