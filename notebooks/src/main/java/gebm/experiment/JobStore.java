package gebm.experiment;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import gebm.core.Require;
import gebm.core.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The results of jobs: a folder with a file {@code ID.json} for each, never seen half written.
 *
 * @param folder made when the first result is written
 * @param type of the results
 */
public record JobStore<R extends Job.Result>(Path folder, Class<R> type) {
    private static final Gson GSON = new GsonBuilder()
            .setPrettyPrinting()
            .serializeSpecialFloatingPointValues()
            .create();

    /**
     * The result of {@code job}: read if it is whole, else completed and written.
     *
     * @throws IllegalArgumentException if the file there was made with other settings
     * @throws UncheckedIOException if the file there is damaged
     */
    public R run(Job<R> job) {
        Path file = file(job.id());
        R known = Files.exists(file) ? read(file, type) : null;
        if (known != null) {
            Require.that(
                    known.settings().equals(job.settings()),
                    "the settings in " + file,
                    "those asked for, " + job.settings() + ", or else the file deleted",
                    known.settings());
            if (known.isWhole()) {
                return known;
            }
        }
        R result = job.work().run(known, soFar -> write(job.id(), soFar));
        write(job.id(), result);
        return result;
    }

    /** Writes the result of the job {@code id}, in place of what is there. */
    public void write(String id, R result) {
        WholeFile.write(file(id), GSON.toJson(result).getBytes(StandardCharsets.UTF_8));
    }

    /** All results, in the order of their files' names. */
    public List<R> all() {
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .map(file -> read(file, type))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("could not list " + folder, e);
        }
    }

    private Path file(String id) {
        return folder.resolve(id + ".json");
    }

    /**
     * The result in {@code file}.
     *
     * @throws UncheckedIOException if it is missing or damaged
     */
    static <R extends Job.Result> R read(Path file, Class<R> type) {
        try {
            R result = GSON.fromJson(Files.readString(file), type);
            if (result == null || result.settings() == null) {
                throw new JsonParseException("there is no result with settings in it");
            }
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException("could not read " + file, e);
        } catch (JsonParseException e) {
            throw new UncheckedIOException(
                    "could not read " + file + ": delete it, and it is made anew", new IOException(e));
        }
    }
}
