"""Everyday words for the training labels.

LABEL_NAMES: better names for labels whose own spelling nobody would type; tried before the
label's own words. CONCEPTS: a general word and the first synonyms of the labels that are one;
searching `dog` must find every breed although no label says `dog`.
"""

from typing import Final

LABEL_NAMES: Final[dict[str, list[str]]] = {
    "faces": ["face", "human face", "portrait"],
    "faces easy": ["face close up", "close-up of a face"],
    "car side": ["car from the side", "side view of a car"],
    "airplanes": ["airplane", "plane", "aeroplane", "aircraft"],
    "motorbikes": ["motorbike", "motorcycle"],
    "leopards": ["leopard"],
    "cougar body": ["cougar body"],
    "cougar face": ["cougar face"],
    "crocodile head": ["head of a crocodile"],
    "flamingo head": ["head of a flamingo"],
    "water lilly": ["water lily", "water lilly"],
    "cellphone": ["cellphone", "mobile phone", "cell phone", "phone"],
    "headphone": ["headphone", "headphones"],
    "binocular": ["binocular"],
    "bass": ["bass", "bass fish"],
    "watch": ["watch", "wristwatch"],
    "inline skate": ["inline skate", "roller skate"],
    "rhino": ["rhino", "rhinoceros"],
    "rooster": ["rooster", "cock"],
    "sea horse": ["sea horse", "seahorse"],
    "hawksbill": ["hawksbill", "sea turtle", "turtle"],
    "ketch": ["ketch", "sailing boat"],
    "schooner": ["schooner", "sailing ship"],
    "snoopy": ["snoopy", "snoopy cartoon"],
    "garfield": ["garfield", "garfield cartoon"],
    "inside city": ["inside city", "city", "in the city"],
    "open country": ["open country", "countryside", "landscape"],
    "tall building": ["tall building", "skyscraper"],
    "house front": ["house front", "front of a house"],
    "coast": ["coast"],
    "industrial": ["industrial", "factory", "industrial plant"],
    "highway": ["highway", "motorway"],
    "store": ["store", "shop"],
    "cup cakes": ["cup cakes", "cupcake"],
    "donuts": ["donuts", "doughnut"],
}

_DOGS = (
    "Chihuahua|German shepherd|Labrador retriever|Yorkshire terrier|golden retriever|"
    "standard poodle|dalmatian"
)
_CATS = "Egyptian cat|Persian cat|tabby|wild cat"
_BIG_CATS = "cougar|cougar body|cougar face|leopards|lion"
_BIRDS = (
    "albatross|black stork|crane|goose|king penguin|emu|flamingo|flamingo head|ibis|pigeon|rooster"
)
_INSECTS = (
    "bee|cockroach|dragonfly|fly|grasshopper|ladybug|mantis|monarch|sulphur butterfly|"
    "walking stick|ant|butterfly|mayfly"
)
_REPTILES = "American alligator|boa constrictor|crocodile|crocodile head|hawksbill"
_AMPHIBIANS = "European fire salamander|bullfrog|tailed frog"
_SEA = (
    "American lobster|brain coral|coral reef|dugong|goldfish|jellyfish|sea cucumber|sea slug|"
    "spiny lobster|bass|crab|crayfish|dolphin|lobster|nautilus|octopus|sea horse|starfish"
)
_MAMMALS = (
    "African elephant|Arabian camel|baboon|bighorn|bison|brown bear|chimpanzee|gazelle|guinea pig|"
    "hog|koala|lesser panda|orangutan|ox|beaver|elephant|gerenuk|hedgehog|kangaroo|llama|okapi|"
    "panda|platypus|rhino"
)
_CARS = "beach wagon|convertible|limousine|sports car|car side"
_BOATS = "gondola|lifeboat|ferry|ketch|schooner"
_FRUIT = "banana|lemon|orange|pomegranate|strawberry"
_SWEETS = (
    "ice cream|ice lolly|confectionery|apple pie|baklava|beignets|bread pudding|cannoli|"
    "carrot cake|cheesecake|chocolate cake|chocolate mousse|churros|creme brulee|cup cakes|donuts|"
    "frozen yogurt|macarons|panna cotta|red velvet cake|strawberry shortcake|tiramisu|waffles|"
    "pancakes"
)
_SAVOURY = (
    "pizza|meat loaf|mashed potato|potpie|guacamole|baby back ribs|chicken curry|chicken wings|"
    "club sandwich|fish and chips|french fries|fried rice|greek salad|hamburger|hot dog|lasagna|"
    "nachos|omelette|paella|ramen|ravioli|sashimi|spaghetti bolognese|spaghetti carbonara|"
    "spring rolls|steak|sushi|tacos|caesar salad|pad thai|pho|dumplings|grilled salmon|samosa"
)
_INSTRUMENTS = (
    "accordion|electric guitar|euphonium|grand piano|mandolin|saxophone|oboe|organ|drumstick"
)
_BUILDINGS = (
    "barn|beacon|cliff dwelling|triumphal arch|obelisk|water tower|minaret|pagoda|pyramid|"
    "house front|tall building"
)
_CLOTHES = (
    "academic gown|apron|bikini|bow tie|cardigan|fur coat|kimono|military uniform|miniskirt|"
    "poncho|sandal|sock|sombrero|swimming trunks|vestment"
)
_FLOWERS = "daisy|dandelion|roses|sunflowers|tulips|sunflower|water lilly|lotus"

CONCEPTS: Final[dict[str, str]] = {
    "dog": _DOGS,
    "puppy": _DOGS,
    "cat": _CATS,
    "pet": f"{_DOGS}|{_CATS}|guinea pig|goldfish",
    "wild animal": f"{_BIG_CATS}|African elephant|brown bear|gazelle|elephant|bison",
    "big cat": _BIG_CATS,
    "bird": _BIRDS,
    "insect": _INSECTS,
    "bug": _INSECTS,
    "butterfly": "monarch|sulphur butterfly|butterfly",
    "spider": "black widow|tarantula",
    "snake": "boa constrictor",
    "reptile": _REPTILES,
    "frog": "bullfrog|tailed frog",
    "amphibian": _AMPHIBIANS,
    "fish": "goldfish|bass",
    "sea animal": _SEA,
    "monkey": "baboon|chimpanzee|orangutan",
    "ape": "chimpanzee|orangutan",
    "bear": "brown bear|koala|panda",
    "elephant": "African elephant|elephant",
    "animal": f"{_DOGS}|{_CATS}|{_BIG_CATS}|{_BIRDS}|{_REPTILES}|{_AMPHIBIANS}|{_MAMMALS}",
    "mammal": f"{_DOGS}|{_CATS}|{_BIG_CATS}|{_MAMMALS}",
    "crocodile": "American alligator|crocodile|crocodile head",
    "car": _CARS,
    "boat": _BOATS,
    "ship": "ferry|ketch|schooner|lifeboat",
    "bus": "school bus|trolleybus",
    "train": "bullet train|freight car",
    "vehicle": f"{_CARS}|school bus|trolleybus|moving van|police van|tractor|go-kart|motorbikes",
    "aircraft": "airplanes|helicopter",
    "fruit": _FRUIT,
    "vegetable": "bell pepper|cauliflower|mushroom|edamame",
    "food": f"{_FRUIT}|{_SWEETS}|{_SAVOURY}",
    "dessert": _SWEETS,
    "cake": "carrot cake|cheesecake|chocolate cake|cup cakes|red velvet cake|strawberry shortcake",
    "meal": _SAVOURY,
    "dinner": _SAVOURY,
    "meat": "baby back ribs|filet mignon|pork chop|prime rib|steak|peking duck|meat loaf",
    "salad": "beet salad|caesar salad|caprese salad|greek salad|seaweed salad",
    "soup": "clam chowder|french onion soup|hot and sour soup|lobster bisque|miso soup|pho|ramen",
    "pasta": "lasagna|gnocchi|macaroni and cheese|ravioli|spaghetti bolognese|spaghetti carbonara",
    "noodles": "pad thai|pho|ramen|spaghetti bolognese|spaghetti carbonara",
    "sandwich": "club sandwich|grilled cheese sandwich|lobster roll sandwich|croque madame",
    "seafood": "grilled salmon|mussels|oysters|scallops|fried calamari|crab cakes|sashimi|sushi",
    "fast food": "hamburger|hot dog|french fries|pizza|tacos|nachos|onion rings",
    "bottle": "beer bottle|pill bottle|pop bottle",
    "bridge": "steel arch bridge|suspension bridge|viaduct",
    "building": _BUILDINGS,
    "tower": "beacon|obelisk|water tower|minaret|pagoda",
    "musical instrument": _INSTRUMENTS,
    "guitar": "electric guitar|mandolin",
    "clothes": _CLOTHES,
    "clothing": _CLOTHES,
    "furniture": "desk|dining table|rocking chair|chair|windsor chair|chest",
    "chair": "rocking chair|chair|windsor chair",
    "flower": _FLOWERS,
    "plant": f"{_FLOWERS}|bonsai|joshua tree",
    "tree": "bonsai|joshua tree|forest",
    "room": "bedroom|kitchen|living room|bathroom|office",
    "indoors": "bedroom|kitchen|living room|bathroom|office|store",
    "house": "house front|suburb|barn",
    "city": "inside city|street|tall building",
    "nature": "forest|mountain|open country|coast|alp|seashore|lakeside|cliff",
    "landscape": "mountain|open country|coast|alp|seashore|lakeside|cliff|forest",
    "mountains": "alp|mountain|cliff",
    "beach": "seashore|coast",
    "sea": "seashore|coast|coral reef|schooner",
    "ocean": "seashore|coast|coral reef",
    "lake": "lakeside",
    "road": "highway|street",
    "ball": "basketball|rugby ball|volleyball|soccer ball",
    "dinosaur": "brontosaurus|stegosaurus",
    "cartoon": "garfield|snoopy",
    "computer": "laptop|computer keyboard",
    "phone": "cellphone|pay-phone",
    "weapon": "cannon|revolver|projectile",
    "tool": "scissors|stapler|wrench|broom|plunger",
    "lamp": "lamp|lampshade|chandelier|torch",
    "hat": "sombrero",
}
