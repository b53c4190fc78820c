"""What people type, to compare ways of computing with. No search depends on these."""

PHRASES = (
    "a dog on the beach", "children playing in the snow", "pizza", "sunset over the sea",
    "a red car", "my grandmother's birthday", "two people on bicycles", "a cat asleep on a sofa",
    "mountains", "a bowl of fruit on a wooden table", "wedding", "the old town at night",
    "a man with a guitar", "football match", "a train at a station", "flowers in a vase",
    "a lake between trees in autumn", "kitchen", "a baby laughing", "fireworks above a city",
    "horse", "people dancing at a party", "a white church on a hill", "receipt",
    "screenshot of a chat", "a bridge in the fog", "skiing", "a woman reading a book by a window",
    "black and white portrait", "an elephant and her calf", "Christmas tree", "a boat on a river",
    "street market with vegetables", "a plane in the sky", "rain on a window", "strawberry cake",
    "a boy jumps into a pool", "graffiti on a wall", "a garden with roses", "camping in a tent",
    "a map of Italy", "coffee and a croissant", "a group of friends at a restaurant", "tiger",
    "a lighthouse on a cliff", "an empty road through the desert", "butterfly", "a concert crowd",
    "a girl in a yellow dress", "museum", "a snowman with a hat", "a plate of sushi",
    "waterfall in a forest", "an old man feeding pigeons", "traffic jam", "a golden retriever",
    "whiteboard with notes", "hot air balloons", "a castle reflected in water", "penguins",
    "someone climbing a rock face", "bookshelf", "a blurry photo of the moon", "no phrase 123 !?",
)  # fmt: skip
