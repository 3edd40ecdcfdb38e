package gebm.train;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import gebm.core.Recipe;
import gebm.core.Require;
import gebm.core.Rng;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a run was made of: enough to repeat it, given its data and untrained model, and to compare two.
 *
 * <p>{@link #json} is the whole card as text, and {@link #of} reads it again. {@link Trainer#of(RunCard)} is the trainer of
 * the run: its {@code fit} with {@link #rng}, the same data and the same untrained model gives the same bits. Of a run that
 * began again after it had diverged, give the trainer a file of checkpoints too ({@link Trainer#watched}), as often written.
 *
 * @param key of the run's random stream, before any restart
 * @param dataSha256 the digest of the data
 * @param plan the plan and the phases in words
 * @param trainer iterations, settings and phases
 * @param restarts how often the run began again after it had diverged
 * @param terms what the losses consist of, as columns of the history
 * @param versions of Java, the engine and this library
 */
public record RunCard(
        long key,
        String dataSha256,
        String plan,
        JsonElement trainer,
        int restarts,
        List<String> terms,
        Map<String, String> versions) {
    private static final List<String> MEMBERS =
            List.of("key", "dataSha256", "plan", "trainer", "restarts", "terms", "versions");

    /** The trainer as text would give it back, so that a card that is read equals the one that was written. */
    public RunCard {
        trainer = JsonParser.parseString(trainer.toString());
    }

    /** The key with which to fit. */
    public Rng rng() {
        return Rng.ofKey(key);
    }

    /** The card as JSON. */
    public String json() {
        JsonObject json = Recipe.of(this).getAsJsonObject();
        json.remove("class");
        return new GsonBuilder()
                .setPrettyPrinting()
                .disableHtmlEscaping()
                .serializeNulls()
                .create()
                .toJson(json);
    }

    /**
     * The card that {@link #json} wrote.
     *
     * @throws IllegalArgumentException if it is not one
     */
    public static RunCard of(String json) {
        JsonElement read;
        try {
            read = JsonParser.parseString(json);
        } catch (JsonParseException e) {
            throw new IllegalArgumentException("a run's card must be JSON, got " + json, e);
        }
        boolean whole = read.isJsonObject() && read.getAsJsonObject().keySet().containsAll(MEMBERS);
        Require.that(whole, "a run's card", "JSON with " + MEMBERS, json);
        JsonObject card = read.getAsJsonObject();
        List<String> terms = new ArrayList<>();
        card.getAsJsonArray("terms").forEach(term -> terms.add(term.getAsString()));
        Map<String, String> versions = new TreeMap<>();
        card.getAsJsonObject("versions").asMap().forEach((name, version) -> versions.put(name, version.getAsString()));
        return new RunCard(
                card.get("key").getAsLong(),
                card.get("dataSha256").getAsString(),
                card.get("plan").getAsString(),
                card.get("trainer"),
                card.get("restarts").getAsInt(),
                terms,
                versions);
    }

    @Override
    public String toString() {
        return "key       " + key + "\ndata      " + dataSha256 + "\nplan      " + plan + "\nterms     "
                + String.join(", ", terms)
                + (restarts > 0 ? "\nrestarts  " + restarts : "")
                + "\nversions  " + versions;
    }
}
